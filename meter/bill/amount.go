package bill

import (
	"encoding/json"
	"math/big"
)

// An Amount is an exact number: of money, where nothing else is said. In JSON it is the nearest float64.
type Amount struct{ big.Rat }

// NewAmount is the amount x.
func NewAmount(x *big.Rat) *Amount {
	a := new(Amount)
	a.Set(x)
	return a
}

// Float is the nearest float64.
func (a *Amount) Float() float64 {
	f, _ := a.Float64()
	return f
}

// MarshalJSON writes the nearest float64.
func (a *Amount) MarshalJSON() ([]byte, error) { return json.Marshal(a.Float()) }

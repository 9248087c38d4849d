package meter

import (
	"encoding/json"
	"math/big"
)

// An Amount is an exact number: of money, where nothing else is said. In JSON it is the nearest
// float64.
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

// MarshalJSON writes the nearest float64: amounts are converted here and nowhere before.
func (a *Amount) MarshalJSON() ([]byte, error) { return json.Marshal(a.Float()) }

// Equal tells whether a and b are the same amount, or both nil.
func (a *Amount) Equal(b *Amount) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Cmp(&b.Rat) == 0
}

// Plus is a + b, nil where either is: what is not known has no known sum.
func (a *Amount) Plus(b *Amount) *Amount {
	if a == nil || b == nil {
		return nil
	}
	sum := new(Amount)
	sum.Add(&a.Rat, &b.Rat)
	return sum
}

package bill

import (
	"math/big"

	"github.com/gptmeter/gptmeter/meter"
)

// An Amount is an exact number: of money, where nothing else is said. In JSON it is the nearest float64.
type Amount = meter.Amount

// NewAmount is the amount x.
func NewAmount(x *big.Rat) *Amount { return meter.NewAmount(x) }

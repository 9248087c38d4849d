package bill

import "github.com/gptmeter/gptmeter/meter"

// An Amount is an exact number: of money, where nothing else is said. In JSON it is the nearest float64.
type Amount = meter.Amount

// NewAmount is the amount x.
var NewAmount = meter.NewAmount

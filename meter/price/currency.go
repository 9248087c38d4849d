package price

import (
	"slices"
	"sync"

	"golang.org/x/text/currency"
)

// currencies lists the codes of ISO 4217 that are legal tender today.
var currencies = sync.OnceValue(func() (codes []string) {
	for i := currency.Query(); i.Next(); {
		if code := i.Unit().String(); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
})

// minorDigits is how many digits after the point the smallest coin of a currency is: 2 of USD, 0 of JPY.
func minorDigits(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	digits, _ := currency.Standard.Rounding(unit)
	return digits
}

// Digits is how many digits after the point amounts of the price's currency are printed with.
func (p *Price) Digits() int { return minorDigits(p.Currency) }

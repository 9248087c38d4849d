package bill

import (
	"errors"
	"math/big"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/meter/price"
)

// A Curve says when in a day requests come.
type Curve struct {
	Name   string       // "flat", "office", or "given"
	Shares [24]*big.Rat // of the day's requests, hour by hour; they add up to 1
}

// Names of curves. In office hours, from 9 to 17 o'clock, ten times as many requests come as in
// others: each has 10/96 of the day's.
const (
	Flat   = "flat"
	Office = "office"
	given  = "given"
)

// ParseCurve reads the name of a curve, or 24 numbers with commas between them: how many requests
// come in each hour, in whatever unit.
func ParseCurve(text string) (Curve, error) {
	c := Curve{Name: text}
	var weights []*big.Rat
	switch text {
	case Flat, Office:
		for h := range int64(24) {
			weight := int64(1)
			if text == Office && h >= 9 && h < 17 {
				weight = 10
			}
			weights = append(weights, whole(weight))
		}
	default:
		c.Name = given
		for word := range strings.SplitSeq(text, ",") {
			weight, err := price.ParseNumber(strings.TrimSpace(word))
			if err != nil || weight.Sign() < 0 {
				return c, errors.New("neither flat nor office nor 24 numbers, none of them negative")
			}
			weights = append(weights, weight)
		}
	}
	sum := add(weights...)
	if len(weights) != len(c.Shares) || sum.Sign() == 0 {
		return c, errors.New("not 24 numbers of which one is above 0")
	}
	for h, weight := range weights {
		c.Shares[h] = quo(weight, sum)
	}
	return c, nil
}

// peak is the share of the hour with the most requests.
func (c Curve) peak() *big.Rat {
	return slices.MaxFunc(c.Shares[:], func(a, b *big.Rat) int { return a.Cmp(b) })
}

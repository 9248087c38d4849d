package main

import (
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/gptmeter/gptmeter/meter"
)

// addCosts adds what two requests cost by one price.
func addCosts(a, b meter.Cost) meter.Cost {
	b.Total = a.Total.Plus(b.Total)
	b.Prompt = a.Prompt.Plus(b.Prompt)
	b.Completion = a.Completion.Plus(b.Completion)
	return b
}

// printCost says what the requests cost and what the machine does, in this run and in a day that
// is as busy.
func (r *receipt) printCost(w io.Writer) {
	c := r.sum.Cost
	if c.Source == meter.Unmeasured {
		fmt.Fprintf(w, "cost %s\n", c.Source)
		return
	}
	fmt.Fprintf(w, "cost %s %s %s, prompt %s + decode %s\n",
		moneyText(c.Total), *c.Currency, c.Source, moneyText(c.Prompt), moneyText(c.Completion))
	busy := r.spent.Work.Total().Wall + r.spent.Other
	if run := busy + r.spent.Idle; run > 0 {
		day := new(big.Rat).Mul(&r.spent.Cost.Rat, big.NewRat(int64(24*time.Hour), int64(run)))
		fmt.Fprintf(w, "so far %s %s, %s of the time idle; %s %s a day at this rate\n", moneyText(r.spent.Cost), *c.Currency,
			percentText(r.spent.Idle.Seconds()/run.Seconds()), day.FloatString(2), *c.Currency)
	}
	fmt.Fprintf(w, "price %s\n", priceText(*c.Price))
}

// moneyText writes an amount with three significant digits, and without an exponent however small
// it is.
func moneyText(a *meter.Amount) string {
	x := a.Float()
	if x >= 999.5 {
		return a.FloatString(0)
	}
	digits, exponent, _ := strings.Cut(fmt.Sprintf("%.2e", x), "e")
	var e int
	fmt.Sscan(exponent, &e)
	if x == 0 {
		return strings.TrimSuffix(digits, ".00")
	}
	return fmt.Sprintf("%.*f", 2-e, x)
}

// priceText is a price's name, which says so where it is an example.
func priceText(name string) string {
	name = oneLine(name)
	if strings.HasPrefix(name, "example-") {
		name += ": an example, not a quote"
	}
	return name
}

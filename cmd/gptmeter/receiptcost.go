package main

import (
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
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
	fmt.Fprintf(w, "price %s\n", priceText(c))
}

// moneyText writes an amount with three significant digits, and without an exponent however small
// it is.
func moneyText(a *meter.Amount) string {
	x := a.Float()
	if x >= 999.5 {
		return a.FloatString(0)
	}
	if x == 0 {
		return "0"
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 2, 64), 64)
	return strconv.FormatFloat(rounded, 'f', 2-int(math.Floor(math.Log10(rounded)+1e-9)), 64)
}

// priceText is the price's name, and what is to be known of it.
func priceText(c meter.Cost) string {
	text := oneLine(*c.Price)
	if strings.HasPrefix(*c.Price, price.ExamplePrefix) {
		text += ", an example, not a quote"
	}
	if c.Source == meter.Estimated {
		text += ", for a machine with other cores than this one"
	}
	return text
}

// rateOf is what this machine costs by the price of that name, nil for "".
func rateOf(name string) (*meter.Rate, error) {
	if name == "" {
		return nil, nil
	}
	p, err := openPrice(name)
	if err != nil {
		return nil, err
	}
	return bill.Rate(p, defaultThreads())
}

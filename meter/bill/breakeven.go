package bill

import (
	"fmt"
	"math/big"

	"github.com/gptmeter/gptmeter/meter/price"
)

// Hosted is what somebody else's machines cost: money for a million tokens.
type Hosted struct{ PerMillionPrompt, PerMillionCompletion *big.Rat }

// breakEvens set each price that is compared, and the hosted one, beside the query's.
func (s settled) breakEvens() ([]BreakEven, error) {
	list := []BreakEven{}
	for _, o := range s.Compare {
		t, err := s.other(o)
		if err != nil {
			return nil, err
		}
		list = append(list, hoursOf(s.in, t.in)...)
		list = append(list, s.cross(o.Price.Name, t.in.total))
	}
	if s.Hosted != nil {
		list = append(list, s.cross("hosted", func(requests *big.Rat) *big.Rat { return s.Hosted.total(s.in.scaled(requests).Demand) }))
	}
	return list, nil
}

// total is what a demand costs there.
func (h Hosted) total(d Demand) *big.Rat {
	return quo(add(mul(h.PerMillionPrompt, d.PromptTokens), mul(h.PerMillionCompletion, d.CompletionTokens)), whole(million))
}

// scaled is the input with so many requests a day of the same lengths.
func (in Input) scaled(requests *big.Rat) Input {
	ratio := quo(requests, in.Demand.Requests)
	in.Demand.PromptTokens, in.Demand.CompletionTokens = mul(in.Demand.PromptTokens, ratio), mul(in.Demand.CompletionTokens, ratio)
	in.Demand.Requests = requests
	return in
}

func (in Input) total(requests *big.Rat) *big.Rat { return in.scaled(requests).bill().total() }

// hoursOf is how many hours a day a rented machine runs for what an owned one costs. It is of a
// machine that is busy for all of them.
func hoursOf(a, b Input) []BreakEven {
	owned, rented := a, b
	if a.Price.HasTable(price.Rent) {
		owned, rented = b, a
	}
	if owned.Price.HasTable(price.Rent) || !rented.Price.HasTable(price.Rent) {
		return nil
	}
	// owned: standing + idle watts × 24 h + (busy − idle watts) × h; rented: rent × h
	each := owned.standing()
	wattHour := quo(owned.wattDay(), whole(24))
	fixed := add(add(each[:]...), mul(owned.wattDay(), owned.Price.At(price.IdleWatts)))
	perHour := mul(wattHour, sub(owned.Price.At(price.BusyWatts), owned.Price.At(price.IdleWatts)))
	rent := rented.standing()
	others := sub(add(rent[:]...), rent[hardwareLine])
	e := BreakEven{Between: owned.Price.Name, And: rented.Price.Name, Input: "hours_per_day"}
	gap := sub(rented.Price.At(price.PerHour), perHour)
	hours := new(big.Rat)
	if gap.Sign() > 0 {
		hours = quo(sub(fixed, others), gap)
	}
	switch {
	case gap.Sign() <= 0 || hours.Cmp(whole(24)) > 0:
		e.Text = fmt.Sprintf("%s, given back while it is idle, is cheaper however long a day it is busy", rented.Price.Name)
	case hours.Sign() <= 0:
		e.Text = fmt.Sprintf("%s is cheaper however short a day it is busy", owned.Price.Name)
	default:
		e.Value = NewAmount(hours)
		e.Text = fmt.Sprintf("%s is cheaper where a machine is busy for more than %s h a day, %s, given back while it is idle, where it is less",
			owned.Price.Name, three(hours), rented.Price.Name)
	}
	return []BreakEven{e}
}

// mostRequests is how far cross looks.
var mostRequests = whole(1_000_000_000_000)

// cross looks for the least number of requests a day from which the query's price is the cheaper one,
// or the other: the first power of two on whose far side that differs from one request's, and within it
// by halves. Bills rise in steps, with each machine, so that others may follow.
func (s settled) cross(name string, other func(requests *big.Rat) *big.Rat) BreakEven {
	e := BreakEven{Between: s.Price.Name, And: name, Input: requestsInput}
	if d := s.in.Demand; d.Requests == nil || d.Requests.Sign() == 0 {
		e.Text = "needs a number of requests"
		return e
	}
	sign := func(n *big.Rat) int { return s.in.total(n).Cmp(other(n)) }
	first := sign(one)
	cheaper := func(sign int) string {
		switch {
		case sign < 0:
			return s.Price.Name
		case sign > 0:
			return name
		}
		return "neither"
	}
	low, high := one, whole(2)
	for sign(high) == first {
		if low, high = high, mul(high, whole(2)); high.Cmp(mostRequests) > 0 {
			e.Text = fmt.Sprintf("%s is cheaper however many requests come", cheaper(first))
			return e
		}
	}
	for sub(high, low).Cmp(one) > 0 {
		middle := ceil(quo(add(low, high), whole(2)))
		if sign(middle) == first {
			low = middle
		} else {
			high = middle
		}
	}
	e.Value = NewAmount(high)
	e.Text = fmt.Sprintf("%s is cheaper below %s requests a day, %s from there", cheaper(first), price.Decimal(high), cheaper(sign(high)))
	return e
}

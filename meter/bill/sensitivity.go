package bill

import (
	"math/big"
	"slices"

	"github.com/gptmeter/gptmeter/meter/price"
)

// Inputs that are no figures of the price.
const (
	prefillRate      = "prefill_tokens_per_second"
	decodeRate       = "decode_tokens_per_second"
	requestsInput    = "requests_per_day"
	promptInput      = "prompt_tokens"
	completionInput  = "completion_tokens"
	utilizationInput = "utilization"
)

// What a swing goes by.
const (
	byRange       = "range"
	byRepetitions = "repetitions"
	byShare       = "±20 %"
	byOne         = "±1"
)

// A variable is an input that can be set to another value.
type variable struct {
	name, unit string
	value      *big.Rat
	with       func(in Input, x *big.Rat) Input
	low, high  *big.Rat
	basis      string
}

// swings sets one input after the other to its low and its high value: the price's ranges, the
// slowest and fastest repetition, and for all that has neither a fifth less and a fifth more.
func (in Input) swings(s Samples) []Swing {
	list := []Swing{}
	for _, v := range append(in.figures(), in.demands(s)...) {
		if v.value.Sign() == 0 && v.basis == "" {
			continue
		}
		v.spread()
		list = append(list, Swing{Input: v.name, Unit: v.unit, Value: NewAmount(v.value), Low: NewAmount(v.low), High: NewAmount(v.high),
			TotalLow: NewAmount(v.with(in, v.low).bill().total()), TotalHigh: NewAmount(v.with(in, v.high).bill().total()), Basis: v.basis})
	}
	slices.SortStableFunc(list, func(a, b Swing) int { return b.width().Cmp(a.width()) })
	return list
}

func (s Swing) width() *big.Rat { return new(big.Rat).Abs(sub(&s.TotalHigh.Rat, &s.TotalLow.Rat)) }

// spread sets low and high where nothing else says them.
func (v *variable) spread() {
	if v.basis != "" {
		return
	}
	v.basis = byShare
	v.low, v.high = mul(v.value, big.NewRat(8, 10)), mul(v.value, big.NewRat(12, 10))
}

// figures are the price's.
func (in Input) figures() (list []variable) {
	p := in.Price
	for _, k := range price.Keys() {
		if !p.Has(k) || k == price.Cores { // a fact, no price
			continue
		}
		v := variable{name: string(k), unit: k.Unit(p.Currency), value: p.At(k), with: func(in Input, x *big.Rat) Input {
			in.Price = in.Price.With(k, x)
			return in
		}}
		if r, ok := p.Range(k); ok {
			v.basis, v.low, v.high = byRange, r.Low, r.High
		} else if k.Whole() {
			v.basis, v.low, v.high = byOne, sub(v.value, one), add(v.value, one)
			if v.low.Sign() < 0 {
				v.low = v.value
			}
		}
		if v.value.Sign() != 0 || v.basis != "" {
			v.spread()
			v.within(k, p)
		}
		list = append(list, v)
	}
	return list
}

// within keeps a swing to what a price can have.
func (v *variable) within(k price.Key, p *price.Price) {
	switch {
	case k == price.PUE && v.low.Cmp(one) < 0:
		v.low = one
	case k == price.Purchase && v.low.Cmp(p.At(price.Residual)) < 0:
		v.low = p.At(price.Residual)
	case k == price.Residual && v.high.Cmp(p.At(price.Purchase)) > 0:
		v.high = p.At(price.Purchase)
	}
}

// demands are the rates and the load.
func (in Input) demands(s Samples) []variable {
	d := in.Demand
	if d.Requests == nil {
		v := variable{name: utilizationInput, unit: "1", value: d.Utilization, with: func(in Input, x *big.Rat) Input {
			in.Demand.Utilization = x
			return in
		}}
		if v.value.Sign() > 0 {
			v.spread()
			if v.high.Cmp(one) > 0 {
				v.high = one
			}
		}
		return []variable{v}
	}
	list := []variable{
		{name: prefillRate, unit: "tokens/s", value: in.Rates.Prefill, with: func(in Input, x *big.Rat) Input { in.Rates.Prefill = x; return in }},
		{name: decodeRate, unit: "tokens/s", value: in.Rates.Decode, with: func(in Input, x *big.Rat) Input { in.Rates.Decode = x; return in }},
	}
	for i, samples := range [][]float64{s.Prefill, s.Decode} {
		if len(samples) > 1 {
			list[i].basis, list[i].low, list[i].high = byRepetitions, exact(slices.Min(samples)), exact(slices.Max(samples))
		}
	}
	if d.Requests.Sign() == 0 {
		return list
	}
	each := func(tokens *big.Rat) *big.Rat { return quo(tokens, d.Requests) }
	return append(list,
		variable{name: requestsInput, unit: "1/day", value: d.Requests, with: func(in Input, x *big.Rat) Input {
			d := in.Demand
			in.Demand.PromptTokens, in.Demand.CompletionTokens = mul(each(d.PromptTokens), x), mul(each(d.CompletionTokens), x)
			in.Demand.Requests = x
			return in
		}},
		variable{name: promptInput, unit: "tokens", value: each(d.PromptTokens), with: func(in Input, x *big.Rat) Input {
			in.Demand.PromptTokens = mul(x, d.Requests)
			return in
		}},
		variable{name: completionInput, unit: "tokens", value: each(d.CompletionTokens), with: func(in Input, x *big.Rat) Input {
			in.Demand.CompletionTokens = mul(x, d.Requests)
			return in
		}})
}

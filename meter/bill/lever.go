package bill

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/price"
)

// A priceLever changes one figure of the price.
type priceLever struct {
	key price.Key
	to  func(p *price.Price) *big.Rat // nil where there is nothing to change
}

// lowPUE is what large data centres reach: 1.1 to 1.3 (Epoch AI 2025, of SemiAnalysis).
var lowPUE = big.NewRat(11, 10)

var priceLevers = []priceLever{
	{price.PUE, func(p *price.Price) *big.Rat { return lower(p, price.PUE, lowPUE) }},
	{price.PerMachineYear, func(p *price.Price) *big.Rat { return lower(p, price.PerMachineYear, new(big.Rat)) }},
	{price.PerCoreYear, func(p *price.Price) *big.Rat { return lower(p, price.PerCoreYear, new(big.Rat)) }},
	{price.SpareMachines, func(p *price.Price) *big.Rat { return lower(p, price.SpareMachines, new(big.Rat)) }},
	{price.Headroom, func(p *price.Price) *big.Rat { return lower(p, price.Headroom, new(big.Rat)) }},
	{price.LifeYears, func(p *price.Price) *big.Rat {
		if !p.Has(price.LifeYears) {
			return nil
		}
		return add(p.At(price.LifeYears), one)
	}},
	{price.PerKWh, func(p *price.Price) *big.Rat { return lowest(p, price.PerKWh) }},
	{price.Purchase, func(p *price.Price) *big.Rat { return lowest(p, price.Purchase) }},
	{price.PerHour, func(p *price.Price) *big.Rat { return lowest(p, price.PerHour) }},
}

// lower is x where the figure is above it.
func lower(p *price.Price, k price.Key, x *big.Rat) *big.Rat {
	if p.At(k).Cmp(x) <= 0 {
		return nil
	}
	return x
}

// lowest is the low end of the figure's range.
func lowest(p *price.Price, k price.Key) *big.Rat {
	r, ok := p.Range(k)
	if !ok || r.Low.Cmp(p.At(k)) >= 0 {
		return nil
	}
	return r.Low
}

// A setting is a settled query with some changes.
type setting struct {
	settled
	kind    string
	changes []string
}

// levers tries each change alone, and then the best of them together.
func (s settled) levers() *Levers {
	base := s.in.bill().total()
	list := append(s.runs(), s.prices()...)
	l := &Levers{Each: []Lever{}}
	for _, t := range list {
		l.Each = append(l.Each, t.lever(s, base))
	}
	slices.SortStableFunc(l.Each, func(a, b Lever) int { return b.Saves.Cmp(&a.Saves.Rat) })
	if best := s.together(); len(best.changes) > 0 {
		together := best.lever(s, base)
		l.Together = &together
	}
	return l
}

// lever states a setting beside the one that it changes.
func (t setting) lever(from settled, base *big.Rat) Lever {
	b, p := t.in.bill(), t.in.Rates.pace(t.mean[0], t.decode.Batch)
	l := Lever{Kind: t.kind, Changes: t.changes, Machines: b.machines.Num().Int64(), Total: NewAmount(b.total()), Saves: NewAmount(sub(base, b.total())), Source: t.source()}
	tpot := float(p.tpot)
	l.TPOTSeconds = &tpot
	if t.mean[0].Sign() > 0 {
		ttft := float(p.ttft)
		l.TTFTSeconds = &ttft
	}
	if t.decode.DType != from.decode.DType {
		l.Quality = &Quality{Source: meter.Unmeasured}
		if shift, ok := t.Shifts[t.decode.DType]; ok {
			l.Quality = &Quality{&shift, meter.Measured}
		}
	}
	return l
}

// running is the query with other results, false where there are none that keep the limits.
func (s settled) running(dtype string, threads int, batch *int) (settled, bool) {
	q := s.Query
	q.Want = Want{DType: dtype, Threads: &threads, Depth: &s.decode.Depth, Batch: batch, promptBatch: &s.prefill.Batch}
	other, _, err := q.choose()
	return other, err == nil
}

// runs are the settings that differ from s in how the model runs: its format, its threads, or its batch.
func (s settled) runs() (list []setting) {
	tried := []string{}
	try := func(kind, change, dtype string, threads int, batch *int) {
		if t, ok := s.running(dtype, threads, batch); ok && !slices.Contains(tried, change) {
			tried = append(tried, change)
			list = append(list, setting{t, kind, []string{change}})
		}
	}
	of := s.decode
	for _, t := range s.Tests {
		if t.Phase != of.Phase || t.Depth != of.Depth {
			continue
		}
		switch {
		case t.DType != of.DType && t.Threads == of.Threads:
			try("dtype", fmt.Sprintf("weights as %s, not %s", t.DType, of.DType), t.DType, t.Threads, s.Want.Batch)
		case t.DType == of.DType && t.Threads != of.Threads:
			try("threads", fmt.Sprintf("threads %d, not %d", t.Threads, of.Threads), t.DType, t.Threads, s.Want.Batch)
		case t.DType == of.DType && t.Batch != of.Batch:
			try("batch", fmt.Sprintf("batch %d, not %d", t.Batch, of.Batch), t.DType, t.Threads, &t.Batch)
		}
	}
	return list
}

// prices are the settings that differ in what machines cost, or in when requests come.
func (s settled) prices() (list []setting) {
	for _, l := range priceLevers {
		if to := l.to(s.in.Price); to != nil {
			list = append(list, s.priced(l.key, to))
		}
	}
	if t, ok := s.smoothed(); ok {
		list = append(list, t)
	}
	for _, o := range append(slices.Clone(s.Compare), s.Others...) {
		if t, err := s.other(o); err == nil && o.Price.Name != s.Price.Name {
			t.in.Demand = s.in.Demand // its peak may be smoothed already
			list = append(list, setting{t, "hardware", []string{fmt.Sprintf("machines at the price %s, not %s", o.Price.Name, s.Price.Name)}})
		}
	}
	return list
}

func (s settled) priced(k price.Key, to *big.Rat) setting {
	t := setting{s, string(k), []string{fmt.Sprintf("%s %s, not %s", k, price.Decimal(to), price.Decimal(s.in.Price.At(k)))}}
	t.in.Price = s.in.Price.With(k, to)
	return t
}

// smoothed has requests come evenly over the day; false where they do.
func (s settled) smoothed() (setting, bool) {
	flat := big.NewRat(1, 24)
	if s.in.Demand.Requests == nil || s.in.Demand.PeakShare.Cmp(flat) <= 0 {
		return setting{}, false
	}
	t := setting{s, "peak", []string{fmt.Sprintf("requests evenly over the day, not %s", s.Curve.Name)}}
	t.in.Demand.PeakShare = flat
	return t, true
}

// together is the cheapest of all settings with, at once, any of the runs, requests that come evenly, and
// either every figure of the price lowered that saves or other hardware. It has no changes where none saves.
func (s settled) together() setting {
	best := setting{settled: s, kind: "together"}
	least := s.in.bill().total()
	for _, run := range s.everyRun() {
		start := run
		if t, ok := start.smoothed(); ok && t.in.bill().total().Cmp(start.in.bill().total()) < 0 {
			start = t.after(run)
		}
		lowered := start
		for _, l := range priceLevers {
			to := l.to(lowered.in.Price)
			if to == nil {
				continue
			}
			if t := lowered.priced(l.key, to); t.in.bill().total().Cmp(lowered.in.bill().total()) < 0 {
				lowered = t.after(lowered)
			}
		}
		candidates := []setting{start, lowered}
		for _, t := range start.prices() {
			if t.kind == "hardware" {
				candidates = append(candidates, t.after(start))
			}
		}
		for _, c := range candidates {
			if total := c.in.bill().total(); total.Cmp(least) < 0 {
				least, best = total, c
				best.kind = "together"
			}
		}
	}
	return best
}

// after is t with the changes of a setting that it was made from.
func (t setting) after(from setting) setting {
	t.changes = append(slices.Clone(from.changes), t.changes...)
	return t
}

// everyRun is s itself, and every other way to run the model that was measured at its depth.
func (s settled) everyRun() []setting {
	list := []setting{{settled: s}}
	of := s.decode
	for _, t := range s.Tests {
		if t.Phase != of.Phase || t.Depth != of.Depth {
			continue
		}
		other, ok := s.running(t.DType, t.Threads, &t.Batch)
		if !ok {
			continue
		}
		var changes []string
		if t.DType != of.DType {
			changes = append(changes, "weights as "+t.DType)
		}
		if t.Threads != of.Threads {
			changes = append(changes, fmt.Sprintf("threads %d", t.Threads))
		}
		if t.Batch != of.Batch {
			changes = append(changes, fmt.Sprintf("batch %d", t.Batch))
		}
		if len(changes) > 0 {
			list = append(list, setting{other, "", changes})
		}
	}
	return list
}

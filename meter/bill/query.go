package bill

import (
	"math/big"
	"slices"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/price"
)

// A Query is what is asked: the cost of a load, on machines as fast as was measured, at a price.
type Query struct {
	Price *price.Price
	Measured
	Compare []Other
	Want    Want

	Lengths     []Length // of the requests, with how many of each
	Logged      *float64 // machine seconds that the requests took when they ran, where all of them say
	Requests    *big.Rat // a day; nil for as many as there are lengths
	Utilization *big.Rat // of one machine, in place of requests
	Curve       Curve
	Limits      Limits

	ScaleThroughput bool       // to a price's number of cores
	At              []*big.Rat // utilizations
	Hosted          *Hosted
	As              *AsQuery

	Levers bool
	Others []Other            // hardware that levers try, beside those to compare
	Shifts map[string]float64 // mean |Δ log-probability| of formats from f32, where it was measured
}

// Measured is what a benchmark has shown.
type Measured struct {
	Tests   []Test
	Machine Machine // that they are of
	Model   string
	Peaks   Roofline // without its tests
	Remarks []string // that the report makes on itself
}

// An Other is a price to set beside the query's, of machines that were measured apart or are taken
// to be as fast.
type Other struct {
	Price    *price.Price
	Measured *Measured // nil for the query's
}

// Answer works out the answer. Its error is a person's to correct: a load, a choice or limits
// that cannot be.
func (q Query) Answer() (*Answer, error) {
	s, m, err := q.choose()
	if err != nil {
		return nil, err
	}
	in, b := s.in, s.in.bill()
	a := &Answer{Price: q.Price, Throughput: s.throughput(), Load: s.load(), Machines: b.machines.Num().Int64(), Utilization: float(b.utilization),
		Day: b.states(q.Price, s.source()), PerUnit: in.perUnit(b.total()), Usage: in.perUnit(sub(b.total(), b.idle())),
		Sensitivity: in.swings(s.samples), Comparison: []Comparison{}, BreakEven: []BreakEven{}, At: []At{}, Roofline: q.roofline()}
	a.Day.Interval = in.interval(s.samples)
	for _, o := range q.Compare {
		c, err := s.compare(o, b)
		if err != nil {
			return nil, err
		}
		a.Comparison = append(a.Comparison, c)
	}
	if a.BreakEven, err = s.breakEvens(); err != nil {
		return nil, err
	}
	for _, u := range q.At {
		a.At = append(a.At, in.at(u))
	}
	a.Batches = s.batches(m)
	if q.Levers {
		a.Levers = s.levers()
	}
	s.train()
	a.As = s.as
	a.Remarks = s.remarks(a)
	return a, nil
}

// settled is a query whose load, price and throughput are chosen.
type settled struct {
	Query
	in              Input
	prefill, decode Test
	samples         Samples     // scaled as the rates are
	scale           *big.Rat    // of the price's cores to the measured ones
	mean            [2]*big.Rat // tokens of a request: prompt, completion; 0 where there are none
	sizes           []int       // of the batches that there are
	as              *As
}

// choose selects among the results, and settles the query.
func (q Query) choose() (s settled, m chosen, err error) {
	if m, err = q.Want.choose(q.Tests); err != nil {
		return s, m, err
	}
	if s, err = q.settle(m); err != nil {
		return s, m, err
	}
	return s, m, s.in.Check()
}

// settle chooses the batch, and sets up the input.
func (q Query) settle(m chosen) (s settled, err error) {
	s = settled{Query: q}
	if s.in.Demand, err = q.demand(); err != nil {
		return s, err
	}
	s.mean, s.sizes = s.in.Demand.mean(), batches(m.decode)
	if s.scale, err = q.scaleTo(q.Price); err != nil {
		return s, err
	}
	if q.As != nil {
		if err := q.As.check(m); err != nil {
			return s, err
		}
	}
	s.prefill = m.prompts(float(s.mean[0]))
	if s.decode, err = s.chooseBatch(m); err != nil {
		return s, err
	}
	if q.As != nil {
		s.as = q.As.project(s.prefill, s.decode)
	}
	s.in.Price, s.in.Cores, s.in.Rates = q.Price, int64(q.Machine.Cores), s.rates(s.decode)
	for _, of := range []struct {
		to   *[]float64
		test Test
	}{{&s.samples.Prefill, s.prefill}, {&s.samples.Decode, s.decode}} {
		for _, x := range of.test.Samples {
			*of.to = append(*of.to, float(mul(exact(x), s.factor(of.test))))
		}
	}
	return s, nil
}

// rates are those of the chosen prompt's test and a decode test, scaled.
func (s settled) rates(decode Test) Rates {
	rate := func(t Test) *big.Rat { return mul(exact(t.TokensPerSecond), s.factor(t)) }
	return Rates{rate(s.prefill), rate(decode)}
}

// factor is what a test's rate is multiplied by.
func (s settled) factor(t Test) *big.Rat {
	if s.As == nil {
		return s.scale
	}
	return mul(s.scale, s.As.factor(t))
}

// chooseBatch is the result of the largest batch that keeps the limits.
func (s settled) chooseBatch(m chosen) (Test, error) {
	for _, size := range slices.Backward(s.sizes) {
		t := m.generation(size, float(s.mean[1]))
		if s.Limits.meets(s.rates(t).pace(s.mean[0], size)) {
			return t, nil
		}
	}
	least := s.sizes[0]
	return Test{}, &LatencyError{s.Limits, least, s.rates(m.generation(least, float(s.mean[1]))).pace(s.mean[0], least)}
}

// source is measured, where nothing was scaled or projected.
func (s settled) source() meter.Source {
	if s.As != nil || s.scale.Cmp(one) != 0 {
		return meter.Estimated
	}
	return meter.Measured
}

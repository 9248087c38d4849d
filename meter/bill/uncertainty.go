package bill

import (
	"math/big"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/gptmeter/gptmeter/meter/price"
)

// How an interval is drawn. The seed is fixed, so that the same input gives the same interval.
const (
	confidence = 0.95
	draws      = 1000
	seed       = 1
)

// Samples are the repetitions behind Rates, in tokens a second.
type Samples struct{ Prefill, Decode []float64 }

// interval is what the spread of the repetitions and the ranges of the price make of the total:
// the middle of so many draws. In each, a rate is the median of as many of its samples, drawn with
// replacement (bootstrap: Efron 1979), and a figure with a range is drawn from a triangle over it that is
// highest at the figure itself. It is nil where nothing varies.
func (in Input) interval(s Samples) *Interval {
	random := rand.New(rand.NewPCG(seed, 0))
	varied := []string{}
	if in.Demand.Requests != nil {
		for _, v := range []struct {
			name    string
			samples []float64
		}{{prefillRate, s.Prefill}, {decodeRate, s.Decode}} {
			if len(v.samples) > 1 {
				varied = append(varied, v.name)
			}
		}
	}
	for _, k := range in.Price.Ranges() {
		varied = append(varied, string(k))
	}
	if len(varied) == 0 {
		return nil
	}
	totals := make([]float64, draws)
	for i := range totals {
		drawn := in
		drawn.Rates = Rates{resampled(in.Rates.Prefill, s.Prefill, random), resampled(in.Rates.Decode, s.Decode, random)}
		for _, k := range in.Price.Ranges() {
			drawn.Price = drawn.Price.With(k, draw(in.Price, k, random))
		}
		totals[i] = float(drawn.bill().total())
	}
	slices.Sort(totals)
	quantile := func(share float64) *Amount {
		return NewAmount(exact(stat.Quantile(share, stat.Empirical, totals, nil)))
	}
	return &Interval{Low: quantile((1 - confidence) / 2), High: quantile((1 + confidence) / 2),
		Confidence: confidence, Draws: draws, Seed: seed, Varied: varied}
}

// resampled is the median of samples drawn with replacement; rate where there are fewer than two.
func resampled(rate *big.Rat, samples []float64, random *rand.Rand) *big.Rat {
	if len(samples) < 2 {
		return rate
	}
	drawn := make([]float64, len(samples))
	for i := range drawn {
		drawn[i] = samples[random.IntN(len(samples))]
	}
	slices.Sort(drawn)
	n := len(drawn)
	return exact((drawn[(n-1)/2] + drawn[n/2]) / 2)
}

// draw draws the figure k from its range.
func draw(p *price.Price, k price.Key, random *rand.Rand) *big.Rat {
	r, _ := p.Range(k)
	low, high := float(r.Low), float(r.High)
	if low >= high {
		return p.At(k)
	}
	x := distuv.NewTriangle(low, high, float(p.At(k)), random).Rand()
	if k.Whole() {
		return floor(add(exact(x), big.NewRat(1, 2)))
	}
	return exact(x)
}

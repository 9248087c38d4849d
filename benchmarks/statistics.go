package benchmarks

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Statistics are of the repetitions of a test. A pointer is nil, and null in JSON, where there is
// only one.
type Statistics struct {
	Median   float64   `json:"median"` // the mean of the middle two of an even number
	Mean     float64   `json:"mean"`
	StdDev   *float64  `json:"stddev"`   // of the sample: divided by n − 1
	Interval *Interval `json:"interval"` // of the mean
	Samples  []float64 `json:"samples"`  // in the order in which they were measured
}

// An Interval has the mean with that confidence, if the repetitions are independent and normally
// distributed: mean ± t(n−1)·s/√n, with Student's t.
type Interval struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
}

const confidence = 0.95

// statistics are of at least one sample.
func statistics(samples []float64) Statistics {
	n := len(samples)
	s := Statistics{Median: median(samples), Mean: stat.Mean(samples, nil), Samples: samples}
	if n < 2 {
		return s
	}
	deviation := stat.StdDev(samples, nil)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile((1 + confidence) / 2)
	half := t * deviation / math.Sqrt(float64(n))
	s.StdDev, s.Interval = &deviation, &Interval{s.Mean - half, s.Mean + half, confidence}
	return s
}

func median(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// quantile is the smallest sample that at least that share of all samples does not exceed.
func quantile(sorted []float64, share float64) float64 {
	return stat.Quantile(share, stat.Empirical, sorted, nil)
}

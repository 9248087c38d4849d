package benchmarks

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The quantiles of Student's t are those of its tables (Abramowitz and Stegun 1964, table 26.10).
func TestStatistics(t *testing.T) {
	for _, test := range []struct {
		samples              []float64
		median, mean, stddev float64
		t                    float64 // 97.5 % of n − 1 degrees of freedom
	}{
		{[]float64{1, 3}, 2, 2, math.Sqrt2, 12.706},
		{[]float64{4, 1, 1}, 1, 2, math.Sqrt(3), 4.303},
		{[]float64{5, 1, 4, 2, 3}, 3, 3, math.Sqrt(2.5), 2.776},
		{[]float64{2, 4, 4, 4, 5, 5, 7, 9, 9, 11, 0}, 5, 60. / 11, math.Sqrt((434 - 3600./11) / 10), 2.228},
	} {
		s := statistics(test.samples)
		half := test.t * test.stddev / math.Sqrt(float64(len(test.samples)))
		for _, c := range []struct{ got, want float64 }{
			{s.Median, test.median}, {s.Mean, test.mean}, {*s.StdDev, test.stddev},
			{s.Interval.Low, test.mean - half}, {s.Interval.High, test.mean + half}, {s.Interval.Confidence, 0.95},
		} {
			if math.Abs(c.got-c.want) > 1e-3*math.Abs(c.want) {
				t.Errorf("%v: %v, want %v", test.samples, c.got, c.want)
			}
		}
		if !slices.Equal(s.Samples, test.samples) {
			t.Errorf("the samples have become %v", s.Samples)
		}
	}
	if one := statistics([]float64{7}); one.Median != 7 || one.Mean != 7 || one.StdDev != nil || one.Interval != nil {
		t.Errorf("of one sample there is %+v", one)
	}
}

// A quantile is the smallest sample that so many do not exceed; the median of an odd number is one.
func TestQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(rapid.Float64Range(0, 100), 1, 40).Draw(t, "samples")
		slices.Sort(samples)
		share := rapid.SampledFrom([]float64{0.5, 0.9, 0.99}).Draw(t, "share")
		got := quantile(samples, share)
		atMost := func(x float64) (n int) {
			for _, s := range samples {
				if s <= x {
					n++
				}
			}
			return n
		}
		need := share * float64(len(samples))
		i := slices.Index(samples, got)
		if i < 0 || float64(atMost(got)) < need-1e-9 || i > 0 && samples[i-1] < got && float64(atMost(samples[i-1])) >= need {
			t.Fatalf("the %v quantile of %v is %v", share, samples, got)
		}
		if len(samples)%2 == 1 && median(samples) != quantile(samples, 0.5) {
			t.Fatalf("the median of %v is %v", samples, median(samples))
		}
	})
}

package report

import (
	"math"
	"strconv"
)

// A scale takes numbers from low to high to pixels from a to b.
type scale struct {
	low, high float64
	a, b      float64
	log       bool // pixels by ratio, not by difference
}

// at is the pixel of x.
func (s scale) at(x float64) float64 {
	low, high := s.low, s.high
	if s.log {
		x, low, high = math.Log(x), math.Log(low), math.Log(high)
	}
	return s.a + (x-low)/(high-low)*(s.b-s.a)
}

// linear is a scale from round number to round number around all xs, with ticks about so far apart.
func linear(a, b, apart float64, xs ...float64) scale {
	low, high := bounds(xs)
	if low == high {
		low, high = low-math.Abs(low)/2, high+math.Abs(high)/2
	}
	if low == high {
		high = 1
	}
	step := roundStep((high - low) * apart / math.Abs(b-a))
	return scale{low: math.Floor(low/step) * step, high: math.Ceil(high/step) * step, a: a, b: b}
}

// logarithmic is a scale by ratio from round number to round number around all xs, which are above 0.
func logarithmic(a, b float64, xs ...float64) scale {
	low, high := bounds(xs)
	s := scale{low: roundDown(low), high: roundUp(high), a: a, b: b, log: true}
	if s.low == s.high {
		s.low, s.high = roundDown(s.low*0.99), roundUp(s.high*1.01)
	}
	return s
}

func bounds(xs []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, x := range xs {
		low, high = min(low, x), max(high, x)
	}
	return low, high
}

// roundDown is the largest number 1, 2 or 5 times a power of ten that is not above x; roundUp the
// smallest that is not below it.
func roundDown(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x*(1+1e-9))))
	for _, digit := range []float64{5, 2} {
		if digit*power <= x*(1+1e-9) {
			return digit * power
		}
	}
	return power
}

func roundUp(x float64) float64 {
	down := roundDown(x)
	if down >= x*(1-1e-9) {
		return down
	}
	return roundDown(down * 2.5)
}

// roundStep is a round number at least as large as step.
func roundStep(step float64) float64 { return roundUp(step) }

// ticks are round numbers from end to end, at least apart pixels from each other.
func (s scale) ticks(apart float64) (ticks []float64) {
	if !s.log {
		step := roundStep((s.high - s.low) * apart / math.Abs(s.b-s.a))
		for i := math.Ceil(s.low/step - 1e-9); i*step <= s.high+step*1e-9; i++ {
			ticks = append(ticks, i*step+0) // no -0
		}
		return ticks
	}
	for _, digits := range [][]float64{{1, 2, 5}, {1}} {
		ticks = ticks[:0]
		for power := math.Pow(10, math.Floor(math.Log10(s.low))); power <= s.high*(1+1e-9); power *= 10 {
			for _, digit := range digits {
				if x := digit * power; x >= s.low*(1-1e-9) && x <= s.high*(1+1e-9) {
					ticks = append(ticks, x)
				}
			}
		}
		if s.fit(ticks, apart) {
			return ticks
		}
	}
	for len(ticks) > 2 && !s.fit(ticks, apart) { // every second power of ten, every fourth, …
		kept := ticks[:0]
		for i := 0; i < len(ticks); i += 2 {
			kept = append(kept, ticks[i])
		}
		ticks = kept
	}
	return ticks
}

func (s scale) fit(ticks []float64, apart float64) bool {
	for i := 1; i < len(ticks); i++ {
		if math.Abs(s.at(ticks[i])-s.at(ticks[i-1])) < apart {
			return false
		}
	}
	return len(ticks) > 1
}

// numbered are ticks of a linear scale with as many digits as tell them apart, and large ones in
// thousands, millions, …
func numbered(ticks []float64) (list []tick) {
	largest, step := 0.0, 1.0
	for _, x := range ticks {
		largest = max(largest, math.Abs(x))
	}
	if len(ticks) > 1 {
		step = ticks[1] - ticks[0]
	}
	unit, suffix := thousands(largest)
	digits := max(0, int(math.Ceil(-math.Log10(step/unit)-1e-9)))
	for _, x := range ticks {
		text := grouped(strconv.FormatFloat(x/unit, 'f', digits, 64)) + suffix
		if digits > 5 {
			text = strconv.FormatFloat(x, 'g', 2, 64)
		}
		list = append(list, tick{x, text})
	}
	return list
}

// round writes a round number as the tick of a scale by ratio.
func round(x float64) string {
	if x < 1e-4 {
		return strconv.FormatFloat(x, 'g', 1, 64)
	}
	unit, suffix := thousands(x)
	return grouped(significant(x/unit, 3)) + suffix
}

// thousands is the power of a thousand that x is written in, where it is long, and its short name.
func thousands(x float64) (unit float64, suffix string) {
	if x < 1e5 {
		return 1, ""
	}
	names := []string{"", "k", "M", "bn", "tn"}
	i := min(int(math.Log10(x)/3), len(names)-1)
	return math.Pow(1000, float64(i)), "\u00a0" + names[i]
}

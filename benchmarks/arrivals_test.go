package benchmarks

import (
	"math"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

// The times between two requests are exponential: of that mean, a deviation as large as it, and
// longer than the mean in 1/e of all cases. The same seed gives the same, another other times.
func TestPoisson(t *testing.T) {
	const n, rate = 40000, 25.
	for seed := range uint64(3) {
		p, same, other := newPoisson(rate, seed), newPoisson(rate, seed), newPoisson(rate, seed+1)
		var gaps []float64
		longer, equal, last := 0, 0, time.Duration(0)
		for range n {
			at, ok := p.next()
			if at2, _ := same.next(); !ok || at2 != at {
				t.Fatalf("seed %d: %v, then %v", seed, at, at2)
			}
			if at2, _ := other.next(); at2 == at {
				equal++
			}
			gap := (at - last).Seconds()
			if gaps, last = append(gaps, gap), at; gap > 1/rate {
				longer++
			}
			p.ended(at) // is nothing to it
			p.come()
			same.come()
			other.come()
		}
		// Five standard errors of each, which for the deviation of an exponential is √2 times the mean's.
		near := func(what string, got, want, relative float64) {
			if math.Abs(got/want-1) > 5*relative/math.Sqrt(n) {
				t.Errorf("seed %d: %s is %v, want %v", seed, what, got, want)
			}
		}
		near("the mean", stat.Mean(gaps, nil), 1/rate, 1)
		near("the deviation", stat.StdDev(gaps, nil), 1/rate, math.Sqrt2)
		near("the share of longer ones", float64(longer)/n, 1/math.E, math.Sqrt(math.E-1))
		if equal > 0 {
			t.Errorf("seeds %d and %d have %d times in common", seed, seed+1, equal)
		}
	}
}

// In a closed loop a user has one request at a time and sends the next when that has ended.
func TestClosed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := rapid.IntRange(1, 5).Draw(t, "users")
		c := newClosed(users)
		running, now, ends := 0, time.Duration(0), []time.Duration{}
		for range rapid.IntRange(0, 30).Draw(t, "events") {
			if running > 0 && rapid.Bool().Draw(t, "end") {
				now += time.Duration(rapid.IntRange(0, 9).Draw(t, "later"))
				c.ended(now)
				ends = append(ends, now)
				running--
				continue
			}
			at, ok := c.next()
			if ok != (running < users) {
				t.Fatalf("%d of %d users have a request, and another can come: %v", running, users, ok)
			}
			if !ok {
				continue
			}
			c.come()
			running++
			want := time.Duration(0) // the first of each user comes at once
			if sent := len(ends) + running - users - 1; sent >= 0 {
				want = ends[sent]
			}
			if at != want {
				t.Fatalf("a request comes at %v, not when another ended at %v", at, want)
			}
		}
	})
}

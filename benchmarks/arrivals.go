package benchmarks

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Arrivals are when requests come, in time since the first could.
type arrivals interface {
	// next is when the next request comes; false while that waits for another to end.
	next() (at time.Duration, ok bool)
	// come says that the request has come for which next gave the time.
	come()
	// ended says that a request has ended.
	ended(at time.Duration)
}

// closed is a closed loop: each of some users sends a request, and the next when that has ended.
type closed struct{ free []time.Duration } // since when users have been without a request

func newClosed(users int) *closed { return &closed{make([]time.Duration, users)} }

func (c *closed) next() (time.Duration, bool) {
	if len(c.free) == 0 {
		return 0, false
	}
	return c.free[0], true
}

func (c *closed) come()                  { c.free = slices.Delete(c.free, 0, 1) }
func (c *closed) ended(at time.Duration) { c.free = append(c.free, at) }

// poisson is an open loop: requests come whether or not others have ended, a Poisson process of
// some rate. The times between them are independent and exponentially distributed.
type poisson struct {
	random *rand.Rand
	mean   float64 // seconds between two
	at     time.Duration
}

func newPoisson(rate float64, seed uint64) *poisson {
	p := &poisson{random: rand.New(rand.NewPCG(seed, 0)), mean: 1 / rate}
	p.come()
	return p
}

func (p *poisson) next() (time.Duration, bool) { return p.at, true }
func (p *poisson) come() {
	p.at += time.Duration(p.random.ExpFloat64() * p.mean * float64(time.Second))
}
func (p *poisson) ended(time.Duration) {}

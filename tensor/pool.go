package tensor

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// spin is how long a worker looks for its next part, and the caller for the end of a call, before
// they let go of the processor. Between the operators of a step it is never as long.
const spin = 100 * time.Microsecond

// calm is for how many calls none spins where a worker that did was kept from running meanwhile:
// another process wants the processor, and serves those who sleep sooner than those who spin.
const (
	calm = 200
	late = 20 * time.Microsecond // is too long for a worker that runs
)

// A Pool is a fixed number of workers that do one job together at a time. The caller is one of
// them. One goroutine at a time uses a Pool. With more workers than processors none spins.
//
// Workers are not pinned to processors: alone on a machine that gains nothing, and beside other
// processes it costs, see docs/design.md.
type Pool struct {
	workers []*worker // beyond the caller
	spin    time.Duration
	calm    int          // calls for which none spins
	spins   atomic.Int64 // spin, or 0 meanwhile

	job     job
	pending atomic.Int32  // workers that have not done their part
	waiting atomic.Bool   // the caller is parked until they have
	done    chan struct{} // wakes it
}

// A job is what a call has done, in so many parts.
type job struct {
	do           func(worker, from, to int)
	items, parts int
}

// do does part w.
func (j *job) part(w int) { j.do(w, j.items*w/j.parts, j.items*(w+1)/j.parts) }

// A worker does its part of a job whenever its state is called, unless the caller, who has done its
// own by then, is there before it: a worker that another process keeps from running is not waited
// for.
type worker struct {
	state   atomic.Uint32
	wake    chan struct{} // ends parked
	looking bool          // when it was last called
	failure any           // what its part has panicked with
	_       [64]byte      // the caller writes to each state: keep them on cache lines of their own
}

// The states of a worker. The caller sets called and closed, with a wake if it was parked.
const (
	idle uint32 = iota // looking at its state
	parked
	waking // and not looking yet: the caller did the part that it was woken for
	called
	busy
	closed
)

// NewPool starts a pool of n workers; n is at least 1.
func NewPool(n int) *Pool {
	if n < 1 {
		panic(badThreads)
	}
	p := &Pool{done: make(chan struct{}, 1), spin: spin}
	if n > min(runtime.GOMAXPROCS(0), processors()) { // the first heeds a cgroup's quota
		p.spin = 0 // who looks for work takes the processor from those who have some
	}
	p.spins.Store(int64(p.spin))
	for i := 1; i < n; i++ {
		w := &worker{wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		go p.work(w, i)
	}
	return p
}

// Workers is the number of workers.
func (p *Pool) Workers() int { return len(p.workers) + 1 }

// Close ends the workers. The pool is not used after it.
func (p *Pool) Close() {
	for _, w := range p.workers {
		w.set(closed)
	}
}

// set has the worker see a new state, and tells whether it was looking.
func (w *worker) set(state uint32) (looking bool) {
	switch w.state.Swap(state) {
	case parked:
		w.wake <- struct{}{}
		return false
	case waking:
		return false
	}
	return true
}

// work is the life of worker number i.
func (p *Pool) work(w *worker, i int) {
	debug.SetPanicOnFault(true)
	for w.await(time.Duration(p.spins.Load())) != closed {
		if !w.state.CompareAndSwap(called, busy) {
			continue
		}
		w.failure = p.try(i)
		w.state.Store(idle)
		if p.pending.Add(-1) == 0 && p.waiting.CompareAndSwap(true, false) {
			p.done <- struct{}{}
		}
	}
}

// await returns the worker's state when it may have been called or closed.
func (w *worker) await(spin time.Duration) uint32 {
	if spin > 0 {
		for start := time.Now(); time.Since(start) < spin; {
			if s := w.state.Load(); s != idle {
				return s
			}
		}
	}
	if w.state.CompareAndSwap(idle, parked) {
		<-w.wake
		w.state.CompareAndSwap(waking, idle)
	}
	return w.state.Load()
}

// try does a worker's part, and returns what it panics with.
func (p *Pool) try(w int) (failure any) {
	defer func() { failure = recover() }()
	p.job.part(w)
	return nil
}

// parts is how many workers get some of so many items.
func (p *Pool) parts(items, grain int) int { return min(p.Workers(), max(1, items/grain)) }

// split divides items into adjoining ranges of at least grain, calls do with one range for each
// worker that gets one, and returns when all have returned. A panic in any of them is the caller's.
func (p *Pool) split(items, grain int, do func(worker, from, to int)) {
	parts := p.parts(items, grain)
	if parts == 1 {
		do(0, 0, items)
		return
	}
	p.job = job{do, items, parts}
	p.pending.Store(int32(parts - 1))
	if p.calm > 0 {
		if p.calm--; p.calm == 0 {
			p.spins.Store(int64(p.spin))
		}
	}
	start := time.Now()
	for _, w := range p.workers[:parts-1] {
		w.looking = w.set(called)
	}
	defer p.join(parts)
	p.job.part(0)
	for i, w := range p.workers[:parts-1] {
		after := waking
		if w.looking {
			after = idle
		}
		if !w.state.CompareAndSwap(called, after) {
			continue
		}
		if w.looking && time.Since(start) > late {
			p.calm = calm
			p.spins.Store(0)
		}
		p.pending.Add(-1)
		p.job.part(i + 1)
	}
}

// join returns when the workers are done with the parts.
func (p *Pool) join(parts int) {
	if spin := time.Duration(p.spins.Load()); spin > 0 {
		for start := time.Now(); p.pending.Load() > 0 && time.Since(start) < spin; {
		}
	}
	if p.pending.Load() > 0 {
		p.waiting.Store(true)
		if p.pending.Load() > 0 || !p.waiting.CompareAndSwap(true, false) {
			<-p.done
		}
	}
	p.job = job{} // what it holds on to may be garbage before the workers end
	for _, w := range p.workers[:parts-1] {
		if f := w.failure; f != nil {
			w.failure = nil
			panic(f)
		}
	}
}

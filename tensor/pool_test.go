package tensor

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSplit: the ranges adjoin, cover every item, are as long as the grain where the items allow,
// and no worker has two.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		workers := rapid.IntRange(1, 9).Draw(t, "workers")
		items, grain := rapid.IntRange(0, 200).Draw(t, "items"), rapid.IntRange(1, 50).Draw(t, "grain")
		p := NewPool(workers)
		defer p.Close()
		var mu sync.Mutex
		ranges := map[int][2]int{}
		p.split(items, grain, func(worker, from, to int) {
			mu.Lock()
			defer mu.Unlock()
			if _, twice := ranges[worker]; twice {
				t.Errorf("worker %d got two ranges", worker)
			}
			ranges[worker] = [2]int{from, to}
		})
		if most := min(workers, max(1, items/grain)); len(ranges) != most {
			t.Fatalf("%d items of grain %d went to %d of %d workers", items, grain, len(ranges), workers)
		}
		end := 0
		for w := range len(ranges) {
			r := ranges[w]
			if r[0] != end || r[1] < r[0] || r[1]-r[0] < grain && len(ranges) > 1 {
				t.Fatalf("%d items of grain %d among %d workers: %v", items, grain, workers, ranges)
			}
			end = r[1]
		}
		if end != items {
			t.Fatalf("%d items of grain %d among %d workers: %v", items, grain, workers, ranges)
		}
	})
}

func TestCloseTwice(t *testing.T) {
	p := NewPool(4)
	p.Close()
	p.Close()
}

// TestPanic: a panic in any part, a worker's or the caller's, is the caller's, after all parts have
// ended; the pool serves on.
func TestPanic(t *testing.T) {
	const workers = 4
	p := NewPool(workers)
	defer p.Close()
	for culprit := range workers {
		var ended atomic.Int32
		panicked := func() (value any) {
			defer func() { value = recover() }()
			p.split(workers, 1, func(worker, _, _ int) {
				if worker == culprit {
					panic(culprit)
				}
				time.Sleep(time.Millisecond)
				ended.Add(1)
			})
			return nil
		}()
		if panicked != culprit || ended.Load() != workers-1 {
			t.Errorf("worker %d: panic %v when %d of the others have ended", culprit, panicked, ended.Load())
		}
		p.split(workers, 1, func(int, int, int) { ended.Add(1) })
		if ended.Load() != 2*workers-1 {
			t.Errorf("after worker %d's panic the pool does not serve", culprit)
		}
	}
}

// TestReclaim: the caller does the part of a worker that does not come, and none spins for some
// calls.
func TestReclaim(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	if p.spin == 0 {
		t.Skip("workers do not spin on one processor")
	}
	w := p.workers[0]
	for w.state.Load() != parked {
		time.Sleep(time.Millisecond)
	}
	w.state.Store(idle) // as if it were looking, though it sleeps
	var parts atomic.Int32
	p.split(2, 1, func(worker, from, to int) {
		time.Sleep(late)
		parts.Add(int32(1 + worker))
	})
	if parts.Load() != 1+2 || p.pending.Load() != 0 || p.spins.Load() != 0 {
		t.Errorf("parts %d, %d pending, workers spin for %d", parts.Load(), p.pending.Load(), p.spins.Load())
	}
	w.wake <- struct{}{}
	for p.spins.Load() != int64(p.spin) {
		p.split(2, 1, func(int, int, int) {})
	}
}

// TestWaking: a worker that takes its time to wake is not one that another process keeps from running,
// however many calls pass meanwhile.
func TestWaking(t *testing.T) {
	w := &worker{wake: make(chan struct{}, 1)}
	w.state.Store(parked) // for good: nobody runs it
	p := &Pool{workers: []*worker{w}, spin: spin, done: make(chan struct{}, 1)}
	p.spins.Store(int64(p.spin))
	for i := range 3 {
		parts := 0
		p.split(2, 1, func(int, int, int) {
			time.Sleep(late)
			parts++
		})
		if parts != 2 || len(w.wake) != 1 || p.calm != 0 || p.spins.Load() != int64(p.spin) {
			t.Fatalf("call %d: %d parts, %d wakes, calm for %d calls", i, parts, len(w.wake), p.calm)
		}
	}
}

// TestPark: workers that have nothing to do let go of the processor, and come back.
func TestPark(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	for range 3 {
		for _, w := range p.workers {
			for w.state.Load() != parked {
				time.Sleep(time.Millisecond)
			}
		}
		var calls atomic.Int32
		p.split(3, 1, func(int, int, int) { calls.Add(1) })
		if calls.Load() != 3 {
			t.Fatalf("%d of 3 workers came back", calls.Load())
		}
	}
}

// TestPools: many pools at once, with more workers than processors, serve all the same, and Close
// ends their workers.
func TestPools(t *testing.T) {
	before := runtime.NumGoroutine()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			p := NewPool(2*runtime.GOMAXPROCS(0) + 1)
			defer p.Close()
			if p.spin != 0 {
				t.Errorf("%d workers spin on %d processors", p.Workers(), runtime.GOMAXPROCS(0))
			}
			for range 100 {
				var sum atomic.Int64
				p.split(1000, 1, func(_, from, to int) { sum.Add(int64(to - from)) })
				if sum.Load() != 1000 {
					t.Errorf("%d of 1000 items done", sum.Load())
				}
			}
		})
	}
	group.Wait()
	for runtime.NumGoroutine() > before {
		time.Sleep(time.Millisecond)
	}
}

func TestSplitAllocatesNothing(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	do := func(int, int, int) {}
	if n := testing.AllocsPerRun(100, func() { p.split(30, 1, do) }); n != 0 {
		t.Errorf("a call allocates %v times", n)
	}
}

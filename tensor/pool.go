package tensor

import "sync"

// A Pool is a fixed number of workers that do one job together at a time. The caller is one of
// them.
type Pool struct {
	jobs []chan job // of the workers beyond the caller
	done sync.WaitGroup
	once sync.Once
}

// A job is one worker's part of a call.
type job struct {
	do       func(worker, from, to int)
	worker   int
	from, to int
}

// NewPool starts a pool of n workers; n is at least 1.
func NewPool(n int) *Pool {
	if n < 1 {
		panic(badThreads)
	}
	p := &Pool{jobs: make([]chan job, n-1)}
	for i := range p.jobs {
		p.jobs[i] = make(chan job, 1)
		go func(jobs <-chan job) {
			for j := range jobs {
				j.do(j.worker, j.from, j.to)
				p.done.Done()
			}
		}(p.jobs[i])
	}
	return p
}

// Workers is the number of workers.
func (p *Pool) Workers() int { return len(p.jobs) + 1 }

// Close ends the workers. The pool is not used after it.
func (p *Pool) Close() {
	p.once.Do(func() {
		for _, jobs := range p.jobs {
			close(jobs)
		}
	})
}

// split divides items into adjoining ranges of at least grain, calls do with one range for each
// worker that gets one, and returns when all have returned.
func (p *Pool) split(items, grain int, do func(worker, from, to int)) {
	parts := min(p.Workers(), max(1, items/grain))
	p.done.Add(parts - 1)
	for w := 1; w < parts; w++ {
		p.jobs[w-1] <- job{do, w, items * w / parts, items * (w + 1) / parts}
	}
	do(0, 0, items/parts)
	p.done.Wait()
}

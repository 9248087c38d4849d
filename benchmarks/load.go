package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
)

// A Load sends requests to the engine as users would, once for each format, number of threads, and
// number of users or rate.
type Load struct {
	Setup
	Users    []int         // closed loops of so many users
	Rates    []float64     // open loops: requests a second, a Poisson process
	Most     int           // requests of a run; 0: as many as come in Duration
	Duration time.Duration // in which requests are sent; those that have come are served to their end. 0: no limit
	Lengths  []Length      // of the requests, in turn
	MaxBatch int           // sequences that are generated side by side
	Seed     uint64        // of the Poisson process
	Limits   Limits
	Peaks    *meter.Peaks // of this machine, where they are known; nil to measure them
}

// A Length is a request's.
type Length struct {
	Prompt   int `json:"prompt_tokens"`
	Generate int `json:"completion_tokens"`
}

// Limits are what a request has to keep to be good. A limit of 0 is none.
type Limits struct {
	FirstToken time.Duration // from its arrival
	PerToken   time.Duration // (last − first)/(n − 1); a request of one token keeps it
}

// Check finds what cannot be run with a model of that shape.
func (l Load) Check(c model.Config) error {
	switch {
	case len(l.Users)+len(l.Rates) == 0 || len(l.DTypes) == 0 || len(l.Threads) == 0 || len(l.Lengths) == 0:
		return errors.New("there is nothing to measure")
	case l.Most == 0 && l.Duration == 0:
		return errors.New("a load without an end")
	case l.MaxBatch < 1:
		return fmt.Errorf("a batch of %d", l.MaxBatch)
	}
	for i, n := range l.Lengths {
		switch {
		case n.Prompt < 1 || n.Generate < 1:
			return fmt.Errorf("request %d: %d prompt and %d completion tokens, where each is at least 1", i, n.Prompt, n.Generate)
		case n.Prompt > c.Positions || n.Generate-1 > c.Positions-n.Prompt:
			return fmt.Errorf("request %d: %d prompt and %d completion tokens do not fit the context of %d", i, n.Prompt, n.Generate, c.Positions)
		}
	}
	return nil
}

// Memory is what running the load takes.
func (l Load) Memory(c model.Config) (bytes int64) {
	longest := 0
	for _, n := range l.Lengths {
		longest = max(longest, n.Prompt+n.Generate-1)
	}
	const kept = 4 // caches of requests that have ended, which the engine keeps while others wait
	for _, d := range l.DTypes {
		caches := int64(l.MaxBatch+kept) * c.CacheBytes(longest, d)
		step := c.StepBytes(engine.DefaultOptions.StepTokens+l.MaxBatch, l.MaxBatch, d)
		bytes = max(bytes, c.WeightBytes(d)+caches+2*step)
	}
	return l.withMargin(bytes)
}

// Run runs a load that Check accepts. Where ctx ends it the error is ctx's, and the report is of
// what was finished until then.
func (l Load) Run(ctx context.Context) (*LoadReport, error) {
	st, err := l.open()
	if err != nil {
		return nil, err
	}
	defer st.close()
	if l.Peaks != nil {
		st.peaks = l.Peaks
	}
	r := &LoadReport{Model: st.model(), Loads: []LoadResult{}, Measured: st.peaks}
	err = l.runs(ctx, st, r)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	r.Machine, r.Interrupted = st.machine(), err != nil
	return r, err
}

// runs does one run after the other, and adds what each has shown to the report.
func (l Load) runs(ctx context.Context, st *stage, r *LoadReport) error {
	for range peakSamples {
		if l.Peaks != nil || l.PeakTime == 0 {
			break
		}
		if err := st.samplePeaks(ctx, func(what string) { l.progress(what, 0, 1) }); err != nil {
			return err
		}
	}
	for _, d := range l.DTypes {
		l.progress(fmt.Sprintf("loading as %v", d), 0, 1)
		m, err := st.load(ctx, d)
		if err != nil {
			return err
		}
		for _, n := range l.Threads {
			for _, s := range l.sources() {
				result, err := l.run(ctx, st, m, n, s)
				if result != nil && result.Requests > 0 {
					r.Loads = append(r.Loads, *result)
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// A source is where a run's requests come from.
type source struct {
	users int     // of a closed loop, or
	rate  float64 // of an open one
}

func (l Load) sources() (list []source) {
	for _, n := range l.Users {
		list = append(list, source{users: n})
	}
	for _, rate := range l.Rates {
		list = append(list, source{rate: rate})
	}
	return list
}

func (s source) String() string {
	switch s.users {
	case 0:
		return fmt.Sprintf("%v requests/s", s.rate)
	case 1:
		return "1 user"
	}
	return fmt.Sprintf("%d users", s.users)
}

func (s source) arrivals(seed uint64) arrivals {
	if s.users > 0 {
		return newClosed(s.users)
	}
	return newPoisson(s.rate, seed)
}

// run warms up with one request and then serves those of a source.
func (l Load) run(ctx context.Context, st *stage, m *model.Model, threads int, s source) (*LoadResult, error) {
	what := fmt.Sprintf("%v, %v, %s", s, m.DType(), threadsText(threads))
	once := l
	once.Most, once.Duration = 1, 0
	if _, err := once.serve(ctx, m, st.execs[threads], newClosed(1), func(float64) {}); err != nil {
		return nil, err
	}
	served, err := l.serve(ctx, m, st.execs[threads], s.arrivals(l.Seed), func(done float64) { l.progress(what, done, 1) })
	if err != nil && !served.interrupted {
		return nil, err
	}
	return l.result(served, st.peaks, m, st.execs[threads], s), err
}

func (l Load) options() engine.Options {
	return engine.Options{MaxBatch: l.MaxBatch, StepTokens: max(l.MaxBatch, engine.DefaultOptions.StepTokens)}
}

// request is the i-th, greedy, and as long as it is said to be whatever is generated.
func (l Load) request(i int, c model.Config) engine.Request {
	n := l.Lengths[i%len(l.Lengths)]
	return engine.Request{Prompt: prompt(i, n.Prompt, c.Vocabulary), MaxTokens: n.Generate, N: 1, IgnoreEOS: true, Logprobs: -1,
		Sampling: engine.Sampling{TopP: 1, RepeatPenalty: 1}}
}

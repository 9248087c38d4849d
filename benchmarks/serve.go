package benchmarks

import (
	"context"
	"time"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// served is what one run of a load has shown.
type served struct {
	requests    []*servedRequest // in the order in which they came
	gaps        []float64        // seconds from a token of a request to its next
	usage       engine.Usage     // of the engine, which was new when the run began
	steps       int64
	interrupted bool
}

// A servedRequest is a request, with times since the run began.
type servedRequest struct {
	task    *engine.Task
	arrived time.Duration // when it came, be the engine busy with a step or not
	first   time.Duration
	last    time.Duration // of the tokens that it has got
	tokens  int
	done    bool
	report  meter.Report
}

// serve runs the engine until all requests that come have ended. Where ctx ends it, those that
// have not are cancelled.
func (l Load) serve(ctx context.Context, m *model.Model, x *tensor.Exec, a arrivals, progress func(done float64)) (*served, error) {
	e := engine.New(m, x, nil, l.options(), 0)
	start := time.Now()
	now := func() time.Duration { return time.Since(start) }
	s := &served{}
	byTask := map[*engine.Task]*servedRequest{}
	for {
		at, more := a.next()
		over := more && l.Duration > 0 && at >= l.Duration
		more = more && !over && (l.Most == 0 || len(s.requests) < l.Most)
		switch {
		case ctx.Err() != nil:
			s.interrupted = true
		case more && at <= now():
			task, err := e.Submit(l.request(len(s.requests), m.Config))
			if err != nil {
				return s, err
			}
			a.come()
			r := &servedRequest{task: task, arrived: at}
			byTask[task] = r
			s.requests = append(s.requests, r)
			continue
		case e.Pending():
			events, err := e.Step()
			if err != nil {
				return s, err
			}
			s.steps++
			s.note(events, byTask, now(), a)
			progress(l.share(s, now()))
			continue
		case more:
			wait(ctx, at-now())
			continue
		case over && now() < l.Duration: // the rest of it is idle time like any other
			wait(ctx, l.Duration-now())
			continue
		}
		break
	}
	s.usage = e.Usage()
	for _, r := range s.requests {
		e.Cancel(r.task)
		r.report = r.task.Result().Meter
	}
	return s, ctx.Err()
}

// note books the tokens of a step that ended at the time now.
func (s *served) note(events []engine.Event, byTask map[*engine.Task]*servedRequest, now time.Duration, a arrivals) {
	for _, event := range events { // each is a token
		r := byTask[event.Task]
		if r.tokens == 0 {
			r.first = now
		} else {
			s.gaps = append(s.gaps, (now - r.last).Seconds())
		}
		r.last = now
		r.tokens++
		if event.Task.Done() {
			r.done = true
			a.ended(now)
		}
	}
}

// share is how much of the run is done, by time or by requests, whichever is nearer to its end.
func (l Load) share(s *served, now time.Duration) (share float64) {
	if l.Duration > 0 {
		share = now.Seconds() / l.Duration.Seconds()
	}
	if l.Most > 0 {
		done := 0
		for _, r := range s.requests {
			if r.done {
				done++
			}
		}
		share = max(share, float64(done)/float64(l.Most))
	}
	return min(share, 1)
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// firstToken is how long the request waited for its first token, in a queue or in a step.
func (r *servedRequest) firstToken() time.Duration { return r.first - r.arrived }

// perToken is the mean time from a token to the next; false for a request of one token.
func (r *servedRequest) perToken() (mean time.Duration, ok bool) {
	if r.tokens < 2 {
		return 0, false
	}
	return (r.last - r.first) / time.Duration(r.tokens-1), true
}

// good tells whether a request that is done has kept the limits.
func (r *servedRequest) good(l Limits) bool {
	each, _ := r.perToken()
	return (l.FirstToken == 0 || r.firstToken() <= l.FirstToken) && (l.PerToken == 0 || each <= l.PerToken)
}

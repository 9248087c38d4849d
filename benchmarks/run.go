package benchmarks

import (
	"context"
	"fmt"
	"time"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// A runner runs a sweep.
type runner struct {
	*stage
	sweep    Sweep
	finished []outcome
	sampled  int // samples of the peaks, of peakSamples

	repeated    int     // repetitions, of all tests
	done, whole float64 // in passes over the weights
}

// An outcome is what the repetitions of a test have shown.
type outcome struct {
	Test
	samples []sample
	date    time.Time // of the last
}

// Run runs a sweep that Check accepts. Where ctx ends it the error is ctx's, and the report of
// what was finished until then: tests with at least one repetition.
func (s Sweep) Run(ctx context.Context) (*Report, error) {
	st, err := s.open()
	if err != nil {
		return nil, err
	}
	defer st.close()
	r := &runner{stage: st, sweep: s}
	for _, t := range s.tests() {
		r.whole += float64(s.Repetitions) * t.passes()
	}
	err = r.run(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return newReport(r, err != nil), err
}

func (r *runner) run(ctx context.Context) error {
	var m *model.Model
	for _, t := range r.sweep.tests() {
		if m == nil || m.DType() != t.DType {
			r.progress(fmt.Sprintf("loading as %v", t.DType), 0)
			m = nil // its memory is the next one's
			var err error
			if m, err = r.load(ctx, t.DType); err != nil {
				return err
			}
		}
		if err := r.test(ctx, m, t); err != nil {
			return err
		}
	}
	_, err := r.samplePeaks(ctx)
	return err
}

// test runs one test and keeps what was finished of it.
func (r *runner) test(ctx context.Context, m *model.Model, t Test) error {
	r.progress(t.String(), 0)
	rig, err := newRig(ctx, m, r.execs[t.Threads], t)
	if err != nil {
		return err
	}
	r.finished = append(r.finished, outcome{Test: t})
	o := &r.finished[len(r.finished)-1]
	for range r.sweep.Repetitions {
		sampled, err := r.samplePeaks(ctx)
		if err != nil {
			return err
		}
		if sampled || len(o.samples) == 0 { // the probes have had the caches
			if err := rig.warmUp(ctx); err != nil {
				return err
			}
		}
		s, err := rig.run(ctx, func(done float64) { r.progress(t.String(), done*t.passes()) })
		if err != nil {
			return err
		}
		o.samples, o.date = append(o.samples, s), time.Now()
		r.repeated++
		r.done += t.passes()
	}
	return o.check()
}

// check holds the repetitions to the same count.
func (o *outcome) check() error {
	for _, s := range o.samples {
		for op := range s.work {
			if a, b := o.samples[0].work[op], s.work[op]; a.Count != b.Count || a.Calls != b.Calls {
				return fmt.Errorf("%v: %v was counted as %+v, then as %+v", o.Test, tensor.Operator(op), a.Count, b.Count)
			}
		}
	}
	return nil
}

// samplePeaks takes the samples of the peaks that are due: the first before the first repetition,
// the last after the last, the others between.
func (r *runner) samplePeaks(ctx context.Context) (sampled bool, err error) {
	repetitions := r.sweep.Repetitions * len(r.sweep.tests())
	for r.PeakTime > 0 && r.sampled < peakSamples && r.sampled*repetitions/(peakSamples-1) <= r.repeated {
		if err := r.stage.samplePeaks(ctx, func(what string) { r.progress(what, 0) }); err != nil {
			return sampled, err
		}
		r.sampled++
		sampled = true
	}
	return sampled, nil
}

// progress says what is going on, and how far it is beyond what is done.
func (r *runner) progress(what string, beyond float64) {
	r.Setup.progress(what, r.done+beyond, r.whole)
}

// passes is about how long a repetition takes, in passes over the weights: each step is one, and
// the products of some sixteen tokens take as long.
func (t Test) passes() float64 { return float64(t.steps()) + float64(t.tokens())/16 }

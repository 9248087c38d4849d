package benchmarks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// A rig is a test that is ready to run: its sequences' depths are computed and held.
type rig struct {
	Test
	engine   *engine.Engine
	requests []engine.Request // one a sequence
}

// A sample is what one repetition took and did.
type sample struct {
	time  time.Duration // of the steps, without choosing tokens
	work  tensor.Work
	steps int64
}

func newRig(ctx context.Context, m *model.Model, x *tensor.Exec, t Test) (*rig, error) {
	r := &rig{Test: t, engine: engine.New(m, x, nil, t.options(), 0)}
	rest, most := t.Tokens, 1 // of the prompt after the depth; tokens to make
	if t.Phase == meter.Decode {
		rest, most = 1, t.Tokens
	}
	for i := range t.Batch {
		prompt := prompt(i, t.Depth+rest, m.Config.Vocabulary)
		request := engine.Request{Prompt: prompt, MaxTokens: most, N: 1, IgnoreEOS: true, Logprobs: -1,
			Sampling: engine.Sampling{TopP: 1, RepeatPenalty: 1}} // greedy
		r.requests = append(r.requests, request)
		if t.Depth == 0 {
			continue
		}
		request.Prompt, request.MaxTokens = prompt[:t.Depth], 0
		task, err := r.engine.Submit(request)
		if err != nil {
			return nil, err
		}
		r.engine.Hold(task)
	}
	for r.engine.Pending() {
		if err := r.step(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// prompt is sequence i's: random tokens after one that no other sequence of a batch begins with, so
// that none finds its prompt in another's cache.
func prompt(i, n, vocabulary int) []int {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	tokens := make([]int, n)
	for j := range tokens {
		tokens[j] = r.IntN(vocabulary)
	}
	tokens[0] = i % vocabulary
	return tokens
}

func (r *rig) step(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := r.engine.Step()
	return err
}

func (r *rig) submit() (tasks []*engine.Task, err error) {
	for _, request := range r.requests {
		task, err := r.engine.Submit(request)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// warmUp runs the test's first step: caches, pages and the step's matrices are then as the second
// repetition finds them.
func (r *rig) warmUp(ctx context.Context) error {
	tasks, err := r.submit()
	if err != nil {
		return err
	}
	err = r.step(ctx)
	for _, t := range tasks {
		r.engine.Cancel(t)
	}
	return err
}

// run runs the test once. It calls progress with the share that is done.
func (r *rig) run(ctx context.Context, progress func(done float64)) (s sample, err error) {
	tasks, err := r.submit()
	if err != nil {
		return s, err
	}
	runtime.GC()
	before := r.engine.Usage()
	for r.engine.Pending() {
		if err := r.step(ctx); err != nil {
			return s, err
		}
		s.steps++
		progress(float64(s.steps) / float64(r.steps()))
	}
	after := r.engine.Usage()
	s.work, s.time = after.Work.Since(before.Work), stepTime(before, after)
	for _, t := range tasks {
		usage := t.Result().Usage
		if cached := usage.PromptTokensDetails.CachedTokens; cached != r.Depth || usage.CompletionTokens != r.requests[0].MaxTokens {
			return s, fmt.Errorf("%v: a sequence had %d tokens in its cache and made %d", r.Test, cached, usage.CompletionTokens)
		}
	}
	return s, nil
}

// stepTime is what steps took, without choosing tokens.
func stepTime(before, after engine.Usage) time.Duration {
	return after.Work.Since(before.Work).Total().Wall + (after.Other - before.Other) - (after.Choosing - before.Choosing)
}

// steps is how many steps the engine takes for a repetition.
func (t Test) steps() int {
	if t.Phase == meter.Decode {
		return t.Tokens
	}
	most := t.options().StepTokens
	return (t.Batch*t.Tokens + most - 1) / most
}

// tokens is how many the whole batch reads or makes in a repetition.
func (t Test) tokens() int { return t.Batch * t.Tokens }

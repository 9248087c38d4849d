package engine

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gptmeter/gptmeter/tensor"
)

// brokenWeights are the small model's, but for one number of one tensor.
type brokenWeights struct {
	name  string
	at    int
	value float64
}

func (b brokenWeights) Config() []byte { return smallWeights{}.Config() }

func (b brokenWeights) Tensor(name string, shape ...int) (tensor.Elements, error) {
	e, err := smallWeights{}.Tensor(name, shape...)
	if name == b.name {
		e.(elements)[b.at] = float32(b.value)
	}
	return e, err
}

// Logits that are not finite end the engine with ErrLogits, and no sooner than they are made: no
// token is chosen from them, and the work is on the accounts.
func TestErrLogits(t *testing.T) {
	const broken = 5 // the id whose embedding is broken
	for _, weights := range []brokenWeights{
		{"wte.weight", broken * 8, math.NaN()},
		{"wte.weight", broken*8 + 7, math.Inf(1)},
		{"wte.weight", broken * 8, math.Inf(-1)},
	} {
		m, err := load(weights, tensor.F32)
		if err != nil {
			t.Fatal(err)
		}
		e := New(m, newExec(t, 1), nil, DefaultOptions, 0)
		r := request(ids("abc"), 20)
		r.Logprobs, r.N, r.Sampling.LogitBias = 2, 2, map[int]float64{broken: math.Inf(-1)}
		healthy, s := submit(t, e, r), streams{}
		for range 3 {
			s.step(t, e)
		}
		before := healthy.Result().Choices
		r.Prompt, r.Echo = []int{1, broken, 2, 3}, true
		ill := submit(t, e, r)
		for range 2 {
			if events, err := e.Step(); !errors.Is(err, ErrLogits) || events != nil {
				t.Fatalf("%v: Step gave %v, %v", weights, events, err)
			}
		}
		s.add(e.Cancel(healthy))
		s.add(e.Cancel(ill))
		s.check(t, healthy)
		s.check(t, ill)
		for i, c := range healthy.Result().Choices {
			before[i].FinishReason = c.FinishReason
		}
		if d := cmp.Diff(before, healthy.Result().Choices); d != "" {
			t.Errorf("%v: the other task has changed:\n%s", weights, d)
		}
		for _, task := range []*Task{healthy, ill} {
			if _, err := json.Marshal(task.Result()); err != nil {
				t.Error(err)
			}
		}
		if n := ill.Result().Meter.Prefill.Tokens; n != 4 {
			t.Errorf("%v: %d tokens of the failed step are booked, want 4", weights, n)
		}
		checkConserved(t, e, []*Task{healthy, ill})
	}
}

// An infinite logit is no number either, though some token would be the likeliest.
func TestErrLogitsInfinite(t *testing.T) {
	m, err := load(brokenWeights{"lm_head.weight", 9 * 8, math.Inf(1)}, tensor.F32)
	if err != nil {
		t.Fatal(err)
	}
	e := New(m, newExec(t, 1), nil, DefaultOptions, 0)
	submit(t, e, request(ids("abc"), 1))
	if _, err := e.Step(); !errors.Is(err, ErrLogits) {
		t.Errorf("Step gave %v", err)
	}
}

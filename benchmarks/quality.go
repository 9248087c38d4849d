package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// shiftTokens is how many tokens formats are compared over.
const shiftTokens = 192

// LogprobShift is how far each of the setup's formats moves the model from float32: the mean of
// |Δ log-probability| over a text that the float32 model writes itself, from its first token, a seed and
// a temperature of 1. It is of weights that were trained: random ones have no answers to move.
func (s Setup) LogprobShift(ctx context.Context) (map[tensor.DType]float64, error) {
	st, err := s.open()
	if err != nil {
		return nil, err
	}
	defer st.close()
	text, exact, err := st.scored(ctx, tensor.F32, nil)
	if err != nil {
		return nil, err
	}
	shifts := map[tensor.DType]float64{}
	for _, d := range s.DTypes {
		if d == tensor.F32 {
			shifts[d] = 0
			continue
		}
		_, moved, err := st.scored(ctx, d, text)
		if err != nil {
			return nil, err
		}
		sum := 0.
		for i := range exact {
			sum += math.Abs(moved[i] - exact[i])
		}
		shifts[d] = sum / float64(len(exact))
	}
	return shifts, nil
}

// scored is a text, which the model writes where it is given none, and the log-probability of each of
// its tokens but the first.
func (s *stage) scored(ctx context.Context, d tensor.DType, text []int) ([]int, []float64, error) {
	s.progress(fmt.Sprintf("the answers of %v", d), 0, 1)
	m, err := s.load(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	if text == nil {
		wrote, err := s.answer(ctx, m, engine.Request{Prompt: []int{max(0, m.Config.Begin)}, MaxTokens: min(shiftTokens, m.Config.Positions-1),
			N: 1, Seed: 1, Sampling: engine.Sampling{Temperature: 1, TopP: 1, RepeatPenalty: 1}, IgnoreEOS: true, Echo: true, Logprobs: -1})
		if err != nil {
			return nil, nil, err
		}
		text = wrote.TokenIDs
	}
	a, err := s.answer(ctx, m, engine.Request{Prompt: text, N: 1, Sampling: engine.Sampling{TopP: 1, RepeatPenalty: 1}, Echo: true})
	if err != nil {
		return nil, nil, err
	}
	var list []float64
	for _, p := range a.Logprobs.TokenLogprobs[1:] {
		list = append(list, *p)
	}
	return text, list, nil
}

// answer has a new engine serve the request.
func (s *stage) answer(ctx context.Context, m *model.Model, r engine.Request) (c engine.Choice, err error) {
	e := engine.New(m, s.execs[s.Threads[0]], nil, engine.DefaultOptions, 0)
	task, err := e.Submit(r)
	if err != nil {
		return c, err
	}
	for e.Pending() {
		if err := ctx.Err(); err != nil {
			return c, err
		}
		if _, err := e.Step(); err != nil {
			return c, err
		}
	}
	list := task.Result().Choices
	if len(list) != 1 {
		return c, errors.New("a request without an answer")
	}
	return list[0], nil
}

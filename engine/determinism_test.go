package engine

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// smallRequests are of every kind: prompts shorter and longer than a chunk and than a block of
// the cache, some beginning alike, one that is scored, one that fills the context.
func smallRequests() []Request {
	long := ids("thequickbrownfoxjumpsoverthelazydogandrunsaway")
	greedy := request(long, 9)
	sampled := Default()
	sampled.Prompt, sampled.N, sampled.Seed, sampled.MaxTokens = long[:37], 3, 7, 12
	penalised := sampled
	penalised.Prompt, penalised.N, penalised.Seed = long[:5], 1, 1<<63
	penalised.Sampling = Sampling{Temperature: 1.3, TopP: 1, MinP: 0.02, RepeatPenalty: 1.4,
		FrequencyPenalty: 0.3, PresencePenalty: -0.1, LogitBias: map[int]float64{3: 2, 60: -100}}
	echoed := sampled
	echoed.Prompt, echoed.N, echoed.Echo = long[3:30], 2, true
	scored := request(long[:33], 0)
	scored.Echo = true
	short := request(long[:1], 5)
	short.IgnoreEOS = true
	filling := Default()
	filling.Prompt, filling.MaxTokens, filling.IgnoreEOS = long[:40], 100, true
	list := []Request{greedy, sampled, penalised, echoed, scored, short, filling}
	for i := range list {
		list[i].Logprobs = 3
	}
	return list
}

// Alone or in a batch of any size, in chunks of any size, with 1 or 2 threads, all at once or one
// after the other: the same tokens, with log-probabilities that are equal to the last bit.
func TestDeterminism(t *testing.T) {
	for _, threads := range []int{1, 2} {
		for _, batch := range []int{1, 2, 32} {
			for _, tokens := range []int{1, 2, 7, 512} {
				for _, apart := range []int{0, 3} { // steps between one request and the next
					t.Run(fmt.Sprintf("threads=%d/batch=%d/tokens=%d/apart=%d", threads, batch, tokens, apart), func(t *testing.T) {
						checkDeterminism(t, tensor.F32, Options{MaxBatch: batch, StepTokens: tokens}, threads, apart)
					})
				}
			}
		}
	}
	for _, d := range tensor.DTypes() {
		t.Run("dtype="+d.String(), func(t *testing.T) { checkDeterminism(t, d, Options{MaxBatch: 5, StepTokens: 13}, 2, 1) })
	}
}

// checkDeterminism compares requests that come so many steps apart with each alone.
func checkDeterminism(t *testing.T, d tensor.DType, o Options, threads, apart int) {
	m, err := load(smallWeights{}, d)
	if err != nil {
		t.Fatal(err)
	}
	e, s := New(m, newExec(t, threads), nil, o, 0), streams{}
	requests := smallRequests()
	tasks := make([]*Task, len(requests))
	for i, r := range requests {
		tasks[i] = submit(t, e, r)
		for n := 0; n < apart && e.Pending(); n++ {
			s.step(t, e)
		}
	}
	for e.Pending() {
		s.step(t, e)
	}
	for i, task := range tasks {
		s.check(t, task)
		alone := New(m, newExec(t, 1), nil, Options{MaxBatch: 1, StepTokens: 512}, 0)
		if d := cmp.Diff(complete(t, alone, requests[i]).Choices, task.Result().Choices); d != "" {
			t.Errorf("request %d differs from what it is alone:\n%s", i, d)
		}
	}
}

// The same with the model inside the binary and text.
func TestDeterminismOfText(t *testing.T) {
	var requests []Request
	for i, prompt := range []string{"Once upon a time", "Once upon a hill there was", "One day, Tim and his dog", "The end."} {
		r := Default()
		r.Prompt = tinyEngine(t, DefaultOptions, 1).tokenizer.Encode(prompt)
		r.MaxTokens, r.Seed, r.N, r.Logprobs, r.Stop = 20, uint64(i), i%2+1, 3, []string{"dog", "."}
		requests = append(requests, r)
	}
	var want [][]Choice
	for _, r := range requests {
		want = append(want, complete(t, tinyEngine(t, Options{MaxBatch: 1, StepTokens: 512}, 1), r).Choices)
	}
	for _, limits := range [][2]int{{1, 2}, {2, 7}, {32, 1}, {32, 512}} {
		o := Options{MaxBatch: limits[0], StepTokens: limits[1]}
		e := tinyEngine(t, o, 2)
		var tasks []*Task
		for _, r := range requests {
			tasks = append(tasks, submit(t, e, r))
		}
		s := run(t, e)
		for i, task := range tasks {
			s.check(t, task)
			if d := cmp.Diff(want[i], task.Result().Choices); d != "" {
				t.Errorf("%+v: request %d differs from what it is alone:\n%s", o, i, d)
			}
		}
	}
}

// What an engine makes is what the plainest loop makes, which computes the whole text again for
// each token: choice i with the draws of (seed, i).
func TestEngineIsPlainLoop(t *testing.T) {
	m, err := small()
	if err != nil {
		t.Fatal(err)
	}
	x := newExec(t, 1)
	for i, r := range smallRequests() {
		result := complete(t, smallEngine(t, DefaultOptions, 1), r)
		for choice, c := range result.Choices {
			tokens, log := plainLoop(t, x, m, r, choice)
			if r.Echo {
				c.TokenIDs, c.Logprobs.TokenLogprobs = c.TokenIDs[len(r.Prompt):], c.Logprobs.TokenLogprobs[len(r.Prompt):]
			}
			if d := cmp.Diff(tokens, c.TokenIDs); d != "" {
				t.Errorf("request %d, choice %d:\n%s", i, choice, d)
			}
			if d := cmp.Diff(log, c.Logprobs.TokenLogprobs); d != "" {
				t.Errorf("request %d, choice %d:\n%s", i, choice, d)
			}
		}
	}
}

func plainLoop(t *testing.T, x *tensor.Exec, m *model.Model, r Request, choice int) (made []int, log []*float64) {
	t.Helper()
	s := newSampler(r.Sampling, r.Seed, choice)
	made, log = []int{}, []*float64{}
	tokens := append([]int{}, r.Prompt...)
	for len(made) < r.MaxTokens && len(tokens) <= m.Config.Positions {
		span := model.Span{Tokens: tokens, Cache: m.NewCache(), Logits: 1}
		err := m.Forward(x, []model.Span{span}, func(_, _ int, logits []float32) {
			id := next(t, s, logits, tokens)
			logprob := logSoftmax(logits)[id]
			made, log, tokens = append(made, id), append(log, &logprob), append(tokens, id)
		})
		if err != nil {
			t.Fatal(err)
		}
		if made[len(made)-1] == m.Config.EndOfText[0] && !r.IgnoreEOS {
			break
		}
	}
	return made, log
}

// Choice 0 is what n = 1 gives, and the others differ from it and from one another.
func TestChoices(t *testing.T) {
	r := Default()
	r.Prompt, r.Seed, r.MaxTokens, r.N, r.IgnoreEOS = ids("abc"), 3, 16, 4, true
	many := complete(t, smallEngine(t, DefaultOptions, 1), r)
	r.N = 1
	one := complete(t, smallEngine(t, DefaultOptions, 1), r)
	if d := cmp.Diff(one.Choices[0], many.Choices[0]); d != "" {
		t.Errorf("choice 0 of 4 is not the one:\n%s", d)
	}
	for i, c := range many.Choices {
		if c.Index != i {
			t.Errorf("choice %d has index %d", i, c.Index)
		}
		for _, other := range many.Choices[:i] {
			if cmp.Equal(c.TokenIDs, other.TokenIDs) {
				t.Errorf("choices %d and %d are alike", other.Index, i)
			}
		}
	}
	if u := many.Usage; u.PromptTokens != 3 || u.CompletionTokens != 4*16 || u.TotalTokens != 3+4*16 {
		t.Errorf("usage is %+v", u)
	}
}

package engine

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A visit is a request with the step in which it comes, and in which it is cancelled, -1 for never.
type visit struct {
	request       Request
	comes, leaves int
}

// someVisits draws requests whose prompts often begin alike, being of two letters.
func someVisits(t *rapid.T) []visit {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) visit {
		r := Default()
		r.Prompt = rapid.SliceOfN(rapid.IntRange(0, 1), 1, 40).Draw(t, "prompt")
		r.MaxTokens = rapid.IntRange(0, 6).Draw(t, "max tokens")
		r.N = rapid.IntRange(1, 3).Draw(t, "n")
		r.Seed = rapid.Uint64Range(0, 1).Draw(t, "seed")
		r.Echo = rapid.Bool().Draw(t, "echo")
		r.Logprobs = rapid.IntRange(-1, 1).Draw(t, "logprobs")
		// Tokens that are made are the prompts' too, or end the text.
		r.Sampling.LogitBias = map[int]float64{0: 40, 1: 40, 60: 36}
		v := visit{r, rapid.IntRange(0, 12).Draw(t, "comes"), -1}
		if rapid.IntRange(0, 3).Draw(t, "is cancelled") == 0 {
			v.leaves = v.comes + rapid.IntRange(0, 12).Draw(t, "after")
		}
		return v
	}), 1, 8).Draw(t, "visits")
}

func someOptions(t *rapid.T) Options {
	return Options{
		MaxBatch:   rapid.SampledFrom([]int{1, 2, 3, 32}).Draw(t, "batch"),
		StepTokens: rapid.SampledFrom([]int{1, 2, 5, 512}).Draw(t, "step tokens"),
		Sections:   rapid.Bool().Draw(t, "sections"),
	}
}

// serve plays visits, and calls watch, if not nil, after every step. Every step has to compute
// something while a task is pending, so nothing waits for ever.
func serve(t fataler, e *Engine, visits []visit, watch func()) ([]*Task, streams) {
	t.Helper()
	tasks, s := make([]*Task, len(visits)), streams{}
	for step := 0; e.Pending() || slices.Contains(tasks, nil); step++ {
		for i, v := range visits {
			if v.comes == step {
				tasks[i] = submit(t, e, v.request)
			}
			if v.leaves == step {
				s.add(e.Cancel(tasks[i]))
			}
		}
		if e.Pending() {
			s.step(t, e)
		}
		if watch != nil {
			watch()
		}
	}
	return tasks, s
}

// Whenever requests come and go, all are served, each as if alone; one that is cancelled has a
// beginning of what it has alone.
func TestSchedules(t *testing.T) {
	alone := smallEngine(t, Options{MaxBatch: 1, StepTokens: 512}, 1)
	together := smallEngine(t, DefaultOptions, 1)
	rapid.Check(t, func(t *rapid.T) {
		visits := someVisits(t)
		e := New(together.model, together.exec, nil, someOptions(t), 0)
		tasks, s := serve(t, e, visits, nil)
		for i, task := range tasks {
			s.check(t, task)
			got, want := task.Result(), complete(t, alone, visits[i].request)
			if cached := got.Usage.PromptTokensDetails.CachedTokens; cached >= len(visits[i].request.Prompt) {
				t.Fatalf("request %d: %d of %d tokens are cached", i, cached, len(visits[i].request.Prompt))
			}
			for j, c := range got.Choices {
				if *c.FinishReason == FinishCancelled {
					if visits[i].leaves < 0 {
						t.Fatalf("request %d was cancelled by nobody", i)
					}
					checkBeginning(t, c, want.Choices[j])
				} else if d := cmp.Diff(want.Choices[j], c); d != "" {
					t.Fatalf("request %d, choice %d differs from what it is alone:\n%s", i, j, d)
				}
			}
		}
	})
}

// checkBeginning wants a part of a whole choice.
func checkBeginning(t fataler, part, whole Choice) {
	t.Helper()
	if n := len(part.TokenIDs); n > len(whole.TokenIDs) || !slices.Equal(part.TokenIDs, whole.TokenIDs[:n]) {
		t.Fatalf("tokens %v are no beginning of %v", part.TokenIDs, whole.TokenIDs)
	}
	if part.Logprobs == nil {
		return
	}
	n := len(part.Logprobs.Tokens)
	if n > len(part.TokenIDs) {
		t.Fatalf("%d log-probabilities for %d tokens", n, len(part.TokenIDs))
	}
	whole.Logprobs = &Logprobs{whole.Logprobs.Tokens[:n], whole.Logprobs.TokenLogprobs[:n],
		whole.Logprobs.TopLogprobs[:n], whole.Logprobs.TextOffset[:n]}
	if d := cmp.Diff(whole.Logprobs, part.Logprobs); d != "" {
		t.Fatalf("log-probabilities are no beginning:\n%s", d)
	}
}

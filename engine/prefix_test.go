package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A prompt takes over what it has in common with another of its batch, but at least its last
// token is computed. A scored prompt takes nothing over, and gives.
func TestCachedTokens(t *testing.T) {
	const common = "thequickbrownfoxjumpsoverthelazydog" // longer than a block of the cache
	one := Options{MaxBatch: 1, StepTokens: 512}
	chunks := Options{MaxBatch: 8, StepTokens: 4}
	type prompt struct {
		text   string
		scored bool
		cached int
	}
	for _, test := range []struct {
		name    string
		prompts []prompt
	}{
		{"nothing in common", []prompt{{"abc", false, 0}, {"bca", false, 0}}},
		{"the same", []prompt{{common, false, 0}, {common, false, 34}, {common, false, 34}}},
		{"one token", []prompt{{"a", false, 0}, {"a", false, 0}}},
		{"a first token", []prompt{{"ab", false, 0}, {"ac", false, 1}}},
		{"the beginning", []prompt{{common + "ab", false, 0}, {common + "cd", false, 35}, {common[:5] + "e", false, 5}}},
		{"the longest", []prompt{{"abcx", false, 0}, {"abcdex", false, 3}, {"abcdefx", false, 5}, {"abx", false, 2}}},
		{"a prompt inside another", []prompt{{common, false, 0}, {common[:10], false, 9}}},
		{"another inside a prompt", []prompt{{common[:10], false, 0}, {common[:10] + "zz", false, 10}}},
		{"scored", []prompt{{common, false, 0}, {common, true, 0}, {common, false, 34}}},
		{"after a scored one", []prompt{{common, true, 0}, {common, false, 34}}},
	} {
		for i, o := range []Options{DefaultOptions, DefaultOptions, one, chunks} {
			e := smallEngine(t, o, 1)
			var tasks []*Task
			var requests []Request
			for _, p := range test.prompts {
				r := request(ids(p.text), 1+2*i)                // the first time a task has ended before the next begins
				r.Sampling.LogitBias = map[int]float64{40: 1e9} // what is made begins no prompt
				if r.Logprobs = 1; p.scored {
					r.Echo = true
				}
				requests, tasks = append(requests, r), append(tasks, submit(t, e, r))
			}
			run(t, e)
			for i, task := range tasks {
				result := task.Result()
				if got, want := result.Usage.PromptTokensDetails.CachedTokens, test.prompts[i].cached; got != want {
					t.Errorf("%s, %+v: prompt %d has %d cached tokens, want %d", test.name, o, i, got, want)
				}
				if got, want := int(result.Meter.Prefill.Tokens), len(requests[i].Prompt)-test.prompts[i].cached; got != want {
					t.Errorf("%s, %+v: of prompt %d %d tokens went through the model, want %d", test.name, o, i, got, want)
				}
				alone := complete(t, smallEngine(t, o, 1), requests[i])
				if d := cmp.Diff(alone.Choices, result.Choices); d != "" {
					t.Errorf("%s, %+v: prompt %d differs from what it is alone:\n%s", test.name, o, i, d)
				}
			}
		}
	}
}

// A text that has been made is a prefix like a prompt: the next turn of a conversation has it.
func TestCachedText(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	r := request(ids("abc"), 40)
	r.IgnoreEOS = true
	first := submit(t, e, r)
	s := streams{}
	for range 20 {
		s.step(t, e)
	}
	r.Prompt = append(append([]int{}, first.sequences[0].tokens[:13]...), 50)
	second := submit(t, e, r)
	for e.Pending() {
		s.step(t, e)
	}
	if got := second.Result().Usage.PromptTokensDetails.CachedTokens; got != 13 {
		t.Errorf("%d cached tokens, want 13", got)
	}
	if d := cmp.Diff(complete(t, smallEngine(t, DefaultOptions, 1), r).Choices, second.Result().Choices); d != "" {
		t.Errorf("differs from what it is alone:\n%s", d)
	}
}

// Caches live as long as their task, or as a task that could take them over waits: an engine
// that is done holds none, however many tasks its user keeps.
func TestCachesAreDropped(t *testing.T) {
	e := smallEngine(t, Options{MaxBatch: 2, StepTokens: 8}, 1)
	var tasks []*Task
	for i := range 12 {
		r := request(ids("abcdefghijkl"[i:]), 5)
		r.N = i%3 + 1
		tasks = append(tasks, submit(t, e, r))
	}
	s := streams{}
	for e.Pending() {
		s.step(t, e)
		if len(e.kept) > keptPrefixes {
			t.Fatalf("%d prefixes are kept", len(e.kept))
		}
		for i, task := range tasks {
			for _, q := range task.sequences {
				if task.Done() && q.cache != nil {
					t.Fatalf("task %d is done and has a cache", i)
				}
			}
		}
	}
	if e.kept != nil {
		t.Error("prefixes are kept that nothing waits for")
	}
	later := complete(t, e, request(ids("abcdefghijkl"), 1))
	if n := later.Usage.PromptTokensDetails.CachedTokens; n != 0 {
		t.Errorf("%d tokens cached of a batch that was over", n)
	}
}

// A prompt that is held is found computed after its task has ended and the engine was done, by as
// many as come, and no longer once it is released. It changes no answer.
func TestHold(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	prompt := ids("abcdefgh")
	hold := submit(t, e, request(prompt, 0))
	e.Hold(hold)
	s := streams{}
	for e.Pending() {
		s.step(t, e)
	}
	longer := request(append(append([]int{}, prompt...), 60), 3)
	want := complete(t, smallEngine(t, DefaultOptions, 1), longer)
	for range 2 {
		got := complete(t, e, longer)
		if n := got.Usage.PromptTokensDetails.CachedTokens; n != len(prompt) {
			t.Errorf("%d cached tokens of a prompt that is held, want %d", n, len(prompt))
		}
		if d := cmp.Diff(want.Choices, got.Choices); d != "" {
			t.Errorf("differs from what it is alone:\n%s", d)
		}
	}
	e.Release(hold)
	if n := complete(t, e, longer).Usage.PromptTokensDetails.CachedTokens; n != 0 {
		t.Errorf("%d cached tokens of a prompt that was released", n)
	}
}

package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tokenizer"
)

// force makes id the only token.
func force(r *Request, id int) { r.Sampling.LogitBias = map[int]float64{id: 1e9} }

func idOf(t *testing.T, e *Engine, token string) int {
	t.Helper()
	id, ok := e.tokenizer.ID(token)
	if !ok {
		t.Fatalf("the vocabulary has no %q", token)
	}
	return id
}

func TestFinish(t *testing.T) {
	e := tinyEngine(t, DefaultOptions, 1)
	eos, half := idOf(t, e, "<|endoftext|>"), idOf(t, e, "Ã") // byte c3, the first of é
	prompt := e.tokenizer.Encode("Once upon a time")
	for _, test := range []struct {
		name   string
		change func(r *Request)
		made   int
		text   string
		finish string
	}{
		{"as many as asked for", func(r *Request) {}, 5, ", there was a little", FinishLength},
		{"none asked for", func(r *Request) { r.MaxTokens = 0 }, 0, "", FinishLength},
		{"none, echoed", func(r *Request) { r.MaxTokens, r.Echo = 0, true }, 0, "Once upon a time", FinishLength},
		{"echoed", func(r *Request) { r.Echo = true }, 5, "Once upon a time, there was a little", FinishLength},
		{"the model ends it", func(r *Request) { force(r, eos) }, 1, "", FinishStop},
		{"the model ends it at the last token", func(r *Request) { force(r, eos); r.MaxTokens = 1 }, 1, "", FinishStop},
		{"and is ignored", func(r *Request) { force(r, eos); r.IgnoreEOS = true }, 5, "", FinishLength},
		{"a stop string", func(r *Request) { r.Stop = []string{"was"} }, 3, ", there ", FinishStop},
		{"a stop string that is not all there", func(r *Request) { r.Stop = []string{" a little girl"} }, 5, ", there was a little", FinishLength},
		{"half a character", func(r *Request) { force(r, half); r.MaxTokens = 1 }, 1, "\uFFFD", FinishLength},
		{"half characters", func(r *Request) { force(r, half); r.MaxTokens = 3 }, 3, "\uFFFD\uFFFD\uFFFD", FinishLength},
		{"a stop string at the very end", func(r *Request) {
			force(r, half)
			r.MaxTokens, r.Stop = 2, []string{"\uFFFD\uFFFD"}
		}, 2, "", FinishStop},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, n := range []int{1, 2} {
				r := request(prompt, 5)
				test.change(&r)
				r.N, r.Logprobs = n, 0
				result := complete(t, e, r)
				for _, c := range result.Choices {
					made, log := c.TokenIDs, c.Logprobs.TokenLogprobs
					if r.Echo {
						made, log = made[len(r.Prompt):], log[len(r.Prompt):]
					}
					if len(made) != test.made || len(log) != test.made || c.Text != test.text || *c.FinishReason != test.finish {
						t.Errorf("%d tokens and %d log-probabilities, text %q, %s; want %d, %q, %s",
							len(made), len(log), c.Text, *c.FinishReason, test.made, test.text, test.finish)
					}
				}
				checkTokenTimes(t, result.Meter, test.made)
				if u := result.Usage; u.PromptTokens != len(r.Prompt) || u.CompletionTokens != n*test.made ||
					u.TotalTokens != u.PromptTokens+u.CompletionTokens {
					t.Errorf("usage is %+v", u)
				}
			}
		})
	}
}

// checkTokenTimes wants a time for what there is: choices of so many tokens each.
func checkTokenTimes(t *testing.T, r meter.Report, tokens int) {
	t.Helper()
	if first := r.TimeToFirstTokenSeconds; (first != nil) != (tokens > 0) {
		t.Errorf("%d tokens, time to first token %v", tokens, first)
	}
	if per := r.TimePerOutputTokenSeconds; (per != nil) != (tokens > 1) {
		t.Errorf("%d tokens, time per output token %v", tokens, per)
	}
}

// With a clock that is looked at when a request comes, and when a step begins and ends: the
// request waits for two steps and a look, a choice's tokens are a step apart.
func TestTokenTimes(t *testing.T) {
	e := smallEngine(t, Options{MaxBatch: 8, StepTokens: 4}, 1)
	tick(e)
	r := request(ids("abcdefgh"), 4)
	r.N, r.IgnoreEOS = 3, true
	task := submit(t, e, r)
	for e.Pending() {
		events, err := e.Step()
		if err != nil {
			t.Fatal(err)
		}
		if n := len(events); n != 0 && n != r.N {
			t.Errorf("a step that brings %d choices forward has %d events", r.N, n)
		}
	}
	got := task.Result().Meter
	if first, per := *got.TimeToFirstTokenSeconds, *got.TimePerOutputTokenSeconds; first != 4 || per != 2 {
		t.Errorf("the first token took %v s, the others %v; want 4, 2", first, per)
	}
	if got.WallSeconds != 10 || got.Prefill.WallSeconds != 3 || got.Decode.WallSeconds != 5 {
		t.Errorf("%v s in all, %v and %v in the legs; want 10, 3 and 5", got.WallSeconds, got.Prefill.WallSeconds, got.Decode.WallSeconds)
	}

	waiting := submit(t, e, r)
	e.Cancel(waiting)
	if got := waiting.Result().Meter.WallSeconds; got != 1 {
		t.Errorf("a request waited %v s until it was cancelled, want 1", got)
	}
}

// The ids that end a text are the configuration's, or the tokenizer's if that names none.
func TestEndIDs(t *testing.T) {
	text := tinyEngine(t, DefaultOptions, 1).tokenizer
	id, _ := text.ID("<|endoftext|>")
	for _, test := range []struct {
		config    model.Config
		tokenizer tokenizer.Tokenizer
		want      []int
	}{
		{model.Config{Vocabulary: 50, EndOfText: []int{7, 9}}, text, []int{7, 9}},
		{model.Config{Vocabulary: 50, EndOfText: []int{7, 9}}, nil, []int{7, 9}},
		{model.Config{Vocabulary: id + 1}, text, []int{id}},
		{model.Config{Vocabulary: id}, text, nil}, // the model does not have it
		{model.Config{Vocabulary: 50}, nil, nil},
	} {
		if got := endIDs(test.config, test.tokenizer); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v end a text, want %v", test.config, got, test.want)
		}
	}
}

// What ends a text is no part of it, even where it is a word like others.
func TestEndIsNoText(t *testing.T) {
	e := tinyEngine(t, DefaultOptions, 1)
	e.ends = []int{idOf(t, e, "Ġwas")}
	c := complete(t, e, request(e.tokenizer.Encode("Once upon a time"), 9)).Choices[0]
	if c.Text != ", there" || len(c.TokenIDs) != 3 || *c.FinishReason != FinishStop {
		t.Errorf("text %q, %d tokens, %s", c.Text, len(c.TokenIDs), *c.FinishReason)
	}
}

// A text ends where the context does: with the token that follows its last position.
func TestContextFills(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	context := e.model.Config.Positions
	for _, test := range []struct{ prompt, most, made int }{
		{context, 9, 1}, {context, 1, 1}, {context, 0, 0},
		{context - 1, 9, 2}, {context - 1, 1, 1},
		{context - 8, 9, 9}, {context - 8, 10, 9}, {1, 1000, context},
	} {
		r := request(slices.Repeat([]int{7}, test.prompt), test.most)
		r.N, r.IgnoreEOS = 2, true
		for _, c := range complete(t, e, r).Choices {
			if len(c.TokenIDs) != test.made || *c.FinishReason != FinishLength {
				t.Errorf("a prompt of %d, at most %d tokens: made %d, %s; want %d",
					test.prompt, test.most, len(c.TokenIDs), *c.FinishReason, test.made)
			}
		}
	}
}

// A stop string that begins in one token and ends in the next is found, wherever it is, and the
// text is what comes before it.
func TestStopAcrossTokens(t *testing.T) {
	e := tinyEngine(t, DefaultOptions, 1)
	r := Default()
	r.Prompt, r.MaxTokens, r.Seed, r.Logprobs = e.tokenizer.Encode("Once upon a time"), 25, 5, 0
	whole := complete(t, e, r).Choices[0]
	tokens := whole.Logprobs.Tokens
	across := 0
	for i := 1; i < len(tokens); i++ {
		a, b := tokens[i-1], tokens[i]
		stop := a[len(a)/2:] + b[:(len(b)+1)/2]
		r.Stop = []string{"not there", stop}
		got := complete(t, e, r).Choices[0]

		made := ""
		want := slices.IndexFunc(tokens, func(token string) bool { made += token; return strings.Contains(made, stop) }) + 1
		if want == i+1 {
			across++
		}
		if before, _, _ := strings.Cut(whole.Text, stop); got.Text != before || *got.FinishReason != FinishStop ||
			!slices.Equal(got.TokenIDs, whole.TokenIDs[:want]) {
			t.Errorf("stop %q: %d tokens, text %q, %s; want %d, %q", stop, len(got.TokenIDs), got.Text, *got.FinishReason, want, before)
		}
	}
	if across < 12 {
		t.Errorf("only %d stop strings spanned two tokens", across)
	}
}

// A task can be cancelled at any moment. It then has what it has got by then, and the text that
// was held back, as the beginning of a stop string or of a character, is delivered.
func TestCancel(t *testing.T) {
	o := Options{MaxBatch: 4, StepTokens: 2}
	e := tinyEngine(t, o, 1)
	r := request(e.tokenizer.Encode("Once upon a time"), 8)
	r.N, r.Echo, r.Logprobs, r.Stop = 2, true, 1, []string{" there was a little boy"}
	whole := complete(t, e, r)
	if whole.Choices[0].Text != "Once upon a time, there was a little girl named Lily" {
		t.Fatalf("the text has become %q", whole.Choices[0].Text)
	}
	for steps, text := range map[int]string{ // after the prompt
		0: "", 1: "", // 4 tokens are read in 2 steps
		2: ",", 3: ", there", 4: ", there was", 6: ", there was a little", 7: ", there was a little girl",
	} {
		for _, beside := range []bool{false, true} {
			e, s := tinyEngine(t, o, 1), streams{}
			task := submit(t, e, r)
			var other *Task
			if beside {
				other = submit(t, e, r)
			}
			for range steps {
				s.step(t, e)
			}
			s.add(e.Cancel(task))
			s.check(t, task)
			got := task.Result()
			for i, c := range got.Choices {
				if c.Text != "Once upon a time"+text || *c.FinishReason != FinishCancelled {
					t.Errorf("after %d steps: text %q, %s; want %q", steps, c.Text, *c.FinishReason, text)
				}
				checkBeginning(t, c, whole.Choices[i])
			}
			checkReport(t, got.Meter)
			if rest := e.Cancel(task); rest != nil || !cmp.Equal(got, task.Result()) {
				t.Errorf("a second Cancel gave %v", rest)
			}
			if e.Pending() != beside {
				t.Errorf("pending is %v", e.Pending())
			}
			if beside {
				for e.Pending() {
					s.step(t, e)
				}
				s.check(t, other)
				if d := cmp.Diff(whole.Choices, other.Result().Choices); d != "" {
					t.Errorf("after %d steps: the other task differs:\n%s", steps, d)
				}
			}
		}
	}
}

// Half a character is delivered as what it is when nothing more comes.
func TestCancelInCharacter(t *testing.T) {
	e := tinyEngine(t, DefaultOptions, 1)
	r := request(e.tokenizer.Encode("A"), 9)
	force(&r, idOf(t, e, "Ã"))
	task, s := submit(t, e, r), streams{}
	s.step(t, e)
	if got := s[stream{task, 0}]; got != "" {
		t.Errorf("half a character was delivered as %q", got)
	}
	s.add(e.Cancel(task))
	s.check(t, task)
	if got := task.Result().Choices[0].Text; got != "\uFFFD" {
		t.Errorf("the text is %q", got)
	}
}

// Nothing to do is no error.
func TestIdleStep(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	if events, err := e.Step(); len(events) != 0 || err != nil {
		t.Errorf("a step of nothing gave %v, %v", events, err)
	}
	task := submit(t, e, request(ids("a"), 1))
	if rest := e.Cancel(task); len(rest) != 0 || e.Pending() || !task.Done() {
		t.Errorf("cancelled before it began: %v, pending %v, done %v", rest, e.Pending(), task.Done())
	}
	if events, err := e.Step(); len(events) != 0 || err != nil {
		t.Errorf("a step of nothing gave %v, %v", events, err)
	}
}

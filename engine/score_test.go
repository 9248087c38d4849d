package engine

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gptmeter/gptmeter/model"
)

// logSoftmax is the log-probability of every token.
func logSoftmax(logits []float32) []float64 {
	largest, sum := float64(slices.Max(logits)), 0.0
	for _, l := range logits {
		sum += math.Exp(float64(l) - largest)
	}
	log := make([]float64, len(logits))
	for i, l := range logits {
		log[i] = float64(l) - (largest + math.Log(sum))
	}
	return log
}

// Scoring a text (echo, no new tokens) is one pass of the model over it.
func TestScoreIsForward(t *testing.T) {
	for _, k := range []int{0, 1, 4, MaxLogprobs} {
		for _, stepTokens := range []int{3, 512} {
			e := tinyEngine(t, Options{MaxBatch: 1, StepTokens: stepTokens}, 1)
			r := request(e.tokenizer.Encode("One day, Tom saw a big dog. The dog said, \"Hello!\""), 0)
			r.Echo, r.Logprobs = true, k
			result := complete(t, e, r)
			got := result.Choices[0].Logprobs
			if n := len(r.Prompt); len(got.Tokens) != n || len(got.TokenLogprobs) != n || len(got.TopLogprobs) != n || len(got.TextOffset) != n {
				t.Fatalf("logprobs have %d tokens, %d token_logprobs, %d top_logprobs and %d offsets for %d tokens",
					len(got.Tokens), len(got.TokenLogprobs), len(got.TopLogprobs), len(got.TextOffset), n)
			}
			if got.TokenLogprobs[0] != nil || got.TopLogprobs[0] != nil {
				t.Error("the first token has a log-probability")
			}
			if c := result.Choices[0]; *c.FinishReason != FinishLength || !slices.Equal(c.TokenIDs, r.Prompt) ||
				result.Usage.CompletionTokens != 0 || result.Usage.TotalTokens != len(r.Prompt) {
				t.Errorf("finish_reason %s, token_ids %v, usage %+v", *c.FinishReason, c.TokenIDs, result.Usage)
			}
			span := model.Span{Tokens: r.Prompt, Cache: e.model.NewCache(), Logits: len(r.Prompt)}
			err := e.model.Forward(e.exec, []model.Span{span}, func(_, token int, logits []float32) {
				if token+1 == len(r.Prompt) {
					return // what would come next is not asked for
				}
				id, log := r.Prompt[token+1], logSoftmax(logits)
				if l := *got.TokenLogprobs[token+1]; l != log[id] {
					t.Errorf("token %d has log-probability %v, want %v", token+1, l, log[id])
				}
				checkTop(t, e, got.TopLogprobs[token+1], log, id, k)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// checkTop wants the k likeliest tokens and id itself, and no others.
func checkTop(t *testing.T, e *Engine, top map[string]float64, log []float64, id, k int) {
	t.Helper()
	order := make([]int, len(log))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if log[a] > log[b] {
			return -1
		} else if log[a] < log[b] {
			return 1
		}
		return 0
	})
	want := map[string]float64{}
	for _, i := range append(order[:min(k, len(order))], id) {
		want[spelling(e.tokenizer, i)] = log[i]
	}
	for spelled, l := range want {
		if got, ok := top[spelled]; !ok || got != l {
			t.Errorf("top_logprobs has %v for %q, want %v", got, spelled, l)
		}
	}
	if len(top) != len(want) {
		t.Errorf("top_logprobs has %d tokens, want %d", len(top), len(want))
	}
}

// Tokens, joined, are the text, and text_offset counts its characters.
func TestTextOffset(t *testing.T) {
	for _, prompt := range []string{"A café, naïve 🙂 dog", "日本 and back", "x"} {
		e := tinyEngine(t, DefaultOptions, 1)
		r := request(e.tokenizer.Encode(prompt), 6)
		r.Echo, r.Logprobs = true, 0
		c := complete(t, e, r).Choices[0]
		if !strings.HasPrefix(c.Text, prompt) {
			t.Errorf("%q begins the text %q", prompt, c.Text)
		}
		text := []rune(c.Text)
		var joined []byte
		for i, id := range c.TokenIDs {
			spelled, offset := c.Logprobs.Tokens[i], c.Logprobs.TextOffset[i]
			if !strings.HasPrefix(spelled, "bytes:") && !strings.HasPrefix(string(text[offset:]), spelled) {
				t.Errorf("token %q is at %d of %q", spelled, offset, c.Text)
			}
			if whole := utf8.RuneCount(joined[:len(joined)-partialEnd(joined)]); offset != whole {
				t.Errorf("token %d is at %d, %d characters are before it", i, offset, whole)
			}
			joined = append(joined, e.tokenizer.Bytes(id)...)
		}
		if string(joined) != c.Text {
			t.Errorf("tokens are %q, the text %q", joined, c.Text)
		}
	}
}

// partialEnd is how many bytes at the end of b are no whole character.
func partialEnd(b []byte) (n int) {
	for !utf8.Valid(b[:len(b)-n]) {
		n++
	}
	return n
}

func TestSpelling(t *testing.T) {
	e := tinyEngine(t, DefaultOptions, 1)
	byteOf := func(letter string) int {
		id, ok := e.tokenizer.ID(letter)
		if !ok {
			t.Fatalf("the vocabulary has no %q", letter)
		}
		return id
	}
	for _, test := range []struct {
		id   int
		want string
	}{
		{byteOf("Ġthe"), " the"},
		{byteOf("Ã"), `bytes:\xc3`}, // the letter of the alphabet that stands for byte c3
		{byteOf("<|endoftext|>"), "<|endoftext|>"},
		{e.tokenizer.Size(), "token_id:2048"}, // of a model with more rows than the tokenizer has tokens
	} {
		if got := spelling(e.tokenizer, test.id); got != test.want {
			t.Errorf("token %d is spelled %q, want %q", test.id, got, test.want)
		}
	}
	if got := spelling(nil, 17); got != "token_id:17" {
		t.Errorf("without a tokenizer token 17 is spelled %q", got)
	}
}

// Without a tokenizer there is no text, but all else.
func TestNoTokenizer(t *testing.T) {
	r := request(ids("ab"), 2)
	r.Echo, r.Logprobs, r.IgnoreEOS = true, 1, true
	c := complete(t, smallEngine(t, DefaultOptions, 1), r).Choices[0]
	if c.Text != "" || len(c.TokenIDs) != 4 || !slices.Equal(c.Logprobs.Tokens[:2], []string{"token_id:0", "token_id:1"}) ||
		!slices.Equal(c.Logprobs.TextOffset, []int{0, 0, 0, 0}) {
		t.Errorf("%+v, %+v", c, c.Logprobs)
	}
}

// The keys and nulls of a choice are those of an OpenAI completion.
func TestChoiceJSON(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	r := request(ids("a"), 0)
	plain := submit(t, e, r)
	r.Echo, r.Logprobs = true, 2
	scored := submit(t, e, r)
	run(t, e)
	pending := submit(t, e, r)
	for _, test := range []struct {
		task *Task
		want string
	}{
		{plain, `{"index":0,"text":"","token_ids":[],"finish_reason":"length","logprobs":null}`},
		{scored, `{"index":0,"text":"","token_ids":[0],"finish_reason":"length",` +
			`"logprobs":{"tokens":["token_id:0"],"token_logprobs":[null],"top_logprobs":[null],"text_offset":[0]}}`},
		{pending, `{"index":0,"text":"","token_ids":[0],"finish_reason":null,` +
			`"logprobs":{"tokens":["token_id:0"],"token_logprobs":[null],"top_logprobs":[null],"text_offset":[0]}}`},
	} {
		got, err := json.Marshal(test.task.Result().Choices[0])
		if err != nil || string(got) != test.want {
			t.Errorf("%s, %v\nwant %s", got, err, test.want)
		}
	}
}

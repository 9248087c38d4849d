package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// evaluate scores the tokens to the end.
func evaluate(t fataler, e *Engine, tokens []int, stride int) *Evaluation {
	t.Helper()
	v, err := e.Evaluate(tokens, stride)
	if err != nil {
		t.Fatal(err)
	}
	for v.Pending() {
		if err := v.Step(); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// Scores are those that transformers finds.
func TestEvaluateReference(t *testing.T) {
	var reference struct {
		Texts []struct {
			Name       string
			TextTokens int `json:"text_tokens"`
			Scores     []struct {
				Stride, Tokens int
				NLL            float64
			}
		}
	}
	recorded, err := os.ReadFile("testdata/perplexity.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(recorded, &reference); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/story.txt")
	if err != nil {
		t.Fatal(err)
	}
	e, checked := tinyEngine(t, DefaultOptions, 2), false
	tokens := e.tokenizer.Encode(string(text))
	for _, r := range reference.Texts {
		if r.Name != "story.txt" {
			continue // a text for benchmarks, TestQuality
		}
		if len(tokens) != r.TextTokens {
			t.Fatalf("%d tokens, want %d", len(tokens), r.TextTokens)
		}
		for _, want := range r.Scores {
			checked = true
			got := evaluate(t, e, tokens, want.Stride).Score()
			if got.Tokens != want.Tokens || math.Abs(got.NLL/want.NLL-1) > 1e-6 {
				t.Errorf("stride %d: %d tokens, %v nats, want %d, %v", want.Stride, got.Tokens, got.NLL, want.Tokens, want.NLL)
			}
		}
	}
	if !checked {
		t.Error("nothing is recorded of story.txt")
	}
}

// Windows score every token once, each after as much as the context holds: all but the first, and
// where windows do not overlap the first of each.
func TestWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, length := rapid.IntRange(2, 200).Draw(t, "n"), rapid.IntRange(2, 50).Draw(t, "length")
		stride := rapid.IntRange(1, length).Draw(t, "stride")
		next := 1
		for i, w := range windows(n, length, stride) {
			first := w.end - w.scored
			if stride == length && first == next+1 {
				next++ // has nothing before it
			}
			if w.begin != i*stride || w.end-w.begin > length || first != next || w.scored < 1 || first <= w.begin {
				t.Fatalf("window %d is %+v, the next token %d", i, w, next)
			}
			if i > 0 && first-w.begin < length-stride && stride < length {
				t.Fatalf("window %d scores token %d after %d, want %d at least", i, first, first-w.begin, length-stride)
			}
			next = w.end
		}
		if next != n && !(stride == length && next == n-1) {
			t.Fatalf("the windows end with token %d of %d", next, n)
		}
	})
}

// A score is that of one pass of the model for each window, to the last bit, however the windows
// are divided into steps; and the requests' books stay balanced.
func TestEvaluateIsForward(t *testing.T) {
	m, err := small()
	if err != nil {
		t.Fatal(err)
	}
	x := newExec(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		e := New(m, x, nil, Options{MaxBatch: 1, StepTokens: rapid.IntRange(1, 200).Draw(t, "step")}, 0)
		context := e.model.Config.Positions
		tokens := rapid.SliceOfN(rapid.IntRange(0, e.model.Config.Vocabulary-1), 2, 4*context).Draw(t, "tokens")
		stride := rapid.IntRange(1, context).Draw(t, "stride")
		v := evaluate(t, e, tokens, stride)
		got, sum := v.Score(), 0.0
		rows := int64(0)
		for _, w := range windows(len(tokens), context, stride) {
			rows += int64(w.end - 1 - w.begin)
			span := model.Span{Tokens: tokens[w.begin:w.end], Cache: e.model.NewCache(), Logits: w.end - w.begin}
			err := e.model.Forward(e.exec, []model.Span{span}, func(_, token int, logits []float32) {
				if next := w.begin + token + 1; next < w.end && next >= w.end-w.scored {
					sum -= logSoftmax(logits)[tokens[next]]
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			x.Settle(nil)
		}
		if got.NLL != sum {
			t.Fatalf("%v nats, want %v", got.NLL, sum)
		}
		if done, all := v.Progress(); done != all || got.Tokens != all {
			t.Fatalf("%d of %d tokens, %d scored", done, all, got.Tokens)
		}
		m, u := v.Meter(), e.Usage()
		if m.Prefill.Tokens != rows || m.Decode.Tokens != 0 {
			t.Fatalf("the meter has %d and %d tokens, want %d and none", m.Prefill.Tokens, m.Decode.Tokens, rows)
		}
		if did := u.Work.Total(); m.Prefill.Flops != did.Products+did.Elementwise || m.Prefill.BytesRead != did.Read {
			t.Fatalf("the meter has %d FLOPs and %d bytes, the engine %+v", m.Prefill.Flops, m.Prefill.BytesRead, did)
		}
	})
}

func TestEvaluateRefused(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	for _, c := range []struct {
		tokens []int
		stride int
		want   string
	}{
		{nil, 1, "0 tokens have nothing to score"},
		{[]int{1}, 1, "1 tokens have nothing to score"},
		{[]int{1, 2}, 0, "stride is 0, not in 1..70"},
		{[]int{1, 2}, 71, "stride is 71, not in 1..70"},
		{[]int{1, 61}, 1, "token 1 of the text is id 61, outside the vocabulary of 61"},
	} {
		if _, err := e.Evaluate(c.tokens, c.stride); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, %d: %v, want %s", c.tokens, c.stride, err, c.want)
		}
	}
}

// A broken model has no score.
func TestEvaluateBroken(t *testing.T) {
	m, err := load(brokenWeights{"wte.weight", 0, math.NaN()}, tensor.F32)
	if err != nil {
		t.Fatal(err)
	}
	e := New(m, newExec(t, 1), nil, DefaultOptions, 0)
	v, err := e.Evaluate([]int{1, 0, 3}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := v.Step(); !errors.Is(err, ErrLogits) {
			t.Errorf("%v, want %v", err, ErrLogits)
		}
	}
}

func ExampleScore() {
	s := Score{Tokens: 4, Bytes: 16, NLL: 4 * math.Ln2}
	fmt.Printf("%.0f per token, %.2f bits per byte\n", s.Perplexity(), s.BitsPerByte())
	// Output: 2 per token, 0.25 bits per byte
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// A countdown is a context that ends after it has been asked so many times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// Ctrl-C leaves the score of what has been read until then, and says so; of nothing there is none.
func TestInterruptEval(t *testing.T) {
	for _, steps := range []int{0, 2} {
		p, stdout := testProgram(t)
		f := &evalFlags{modelFlags: modelFlags{model: "tiny", dtype: auto, kernel: auto}, text: "story", json: true}
		m, err := p.load(t.Context(), f.modelFlags, true)
		if err != nil {
			t.Fatal(err)
		}
		tokens := m.tokenizer.Encode(strings.Repeat("The cat sat on the mat. ", 400))
		if err := p.score(&countdown{t.Context(), steps}, f, m, nil, tokens); !errors.Is(err, errInterrupted) {
			t.Errorf("%d steps: %v, want %v", steps, err, errInterrupted)
		}
		text := stdout()
		if steps == 0 {
			if text != "" {
				t.Errorf("a score of nothing: %q", text)
			}
			continue
		}
		var r evalReport
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("%v: %q", err, text)
		}
		if !r.Interrupted || r.Tokens < 256 || r.Tokens >= len(tokens)-1 || r.Perplexity == nil || r.Meter.Prefill.Tokens == 0 {
			t.Errorf("interrupted %v after %d of %d tokens: %q", r.Interrupted, r.Tokens, len(tokens), text)
		}
	}
}

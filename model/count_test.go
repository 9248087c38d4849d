package model_test

import (
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// TestCounts124M: what is counted for GPT-2 124M is what PyTorch's FlopCounterMode counts, less
// the pairs that the causal mask hides: 24·L·T·C² + 4·L·C·T(T+1)/2 + 2·C·V for the logits of the
// last of T tokens, and 24·L·C² + 4·L·C·T + 2·C·V for a token that sees T. Of the other T − 1 the last
// block leaves out 20·C² each, and 4·C·T(T−1)/2 of attention.
func TestCounts124M(t *testing.T) {
	if testing.Short() {
		t.Skip("a pass over 128 tokens of GPT-2 124M takes seconds")
	}
	x := newExec(t, 2, "auto")
	m, err := model.Load(x, open(t, "synthetic:gpt2"), tensor.F32, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := m.Config.Parameters(); n != 124_439_808 {
		t.Errorf("there are %d parameters, not 124,439,808", n)
	}
	tokens := make([]int, 128)
	for i := range tokens {
		tokens[i] = 391 * i
	}
	cache := m.NewCache()
	for _, c := range []struct {
		name string
		span model.Span
		want map[tensor.Operator]int64
		sum  int64
	}{
		{"a prompt of 128", model.Span{Tokens: tokens, Cache: cache, Logits: 1}, map[tensor.Operator]int64{
			tensor.Linear: 21_743_271_936 - 1_498_152_960, tensor.Attention: 304_349_184 - 24_969_216, tensor.Unembed: 77_194_752},
			22_124_815_872 - 1_523_122_176},
		{"a token that sees 128", model.Span{Tokens: tokens[127:], Logits: 1}, map[tensor.Operator]int64{
			tensor.Linear: 169_869_312, tensor.Attention: 4_718_592, tensor.Unembed: 77_194_752}, 251_782_656},
	} {
		if c.span.Cache == nil {
			c.span.Cache = cache.Prefix(127)
		}
		before := x.Work()
		if err := m.Forward(x, []model.Span{c.span}, func(int, int, []float32) {}); err != nil {
			t.Fatal(err)
		}
		done := x.Work().Since(before)
		for op := range tensor.Operators {
			if got := done[op].Products; got != c.want[op] {
				t.Errorf("%s: %v is %d operations of products, not %d", c.name, op, got, c.want[op])
			}
		}
		if got := done.Total().Products; got != c.sum {
			t.Errorf("%s: products are %d operations, not %d", c.name, got, c.sum)
		}
	}
}

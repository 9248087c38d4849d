package theory

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// multiplyAdds does the loop of n dot products of length k, two FLOPs for each step.
func multiplyAdds(n, k int64) (flops int64) {
	for range n {
		for range k {
			flops += 2
		}
	}
	return flops
}

// row does the products of the token at a position, in all layers.
func (p Plan) row(done *Products, position int64, logits bool) {
	s := p.Shape
	size := s.Width / s.Heads
	for layer := range s.Layers {
		computed := func(pruned int64) bool { return layer < s.Layers-1 || position >= p.Cached+pruned }
		done.Linear += multiplyAdds(2*s.Width, s.Width) // keys and values
		if computed(p.Pruned.Query) {
			done.Linear += multiplyAdds(s.Width, s.Width)
		}
		if computed(p.Pruned.Attention) {
			for range s.Heads {
				for range position + 1 { // keys
					done.Attention += multiplyAdds(1, size) + multiplyAdds(size, 1)
				}
			}
		}
		if computed(p.Pruned.Projection) {
			done.Linear += multiplyAdds(s.Width, s.Width)
		}
		if computed(p.Pruned.MLP) {
			done.Linear += multiplyAdds(s.Inner, s.Width) + multiplyAdds(s.Width, s.Inner)
		}
	}
	if logits {
		done.Unembed += multiplyAdds(s.Vocabulary, s.Width)
	}
}

// count carries the plan out, one token after the other.
func (p Plan) count() (done Phases) {
	for i := p.Cached; i < p.Prompt; i++ {
		last := i == p.Prompt-1 && p.Generate > 0
		p.row(&done.Prefill, i, p.AllLogits || last)
	}
	for i := p.Prompt; i < p.Prompt+p.Generate-1; i++ {
		p.row(&done.Decode, i, true)
	}
	return done
}

// of is the figure that a gap is about.
func (p *Phases) of(g Gap) *int64 {
	products := map[Phase]*Products{Prefill: &p.Prefill, Decode: &p.Decode}[g.Phase]
	return map[Operator]*int64{
		Linear: &products.Linear, Attention: &products.Attention, Unembed: &products.Unembed,
	}[g.Operator]
}

func drawShape(t *rapid.T) Shape {
	small := func(name string, most int64) int64 { return rapid.Int64Range(1, most).Draw(t, name) }
	heads := small("heads", 3)
	return Shape{
		Layers: small("layers", 3), Heads: heads, Width: heads * small("head size", 3),
		Inner: small("inner", 9), Vocabulary: small("vocabulary", 7), Positions: 24,
	}
}

func drawPlan(t *rapid.T) Plan {
	upTo := func(name string, least, most int64) int64 { return rapid.Int64Range(least, most).Draw(t, name) }
	p := Plan{Shape: drawShape(t), Prompt: upTo("prompt", 1, 12), Generate: upTo("generate", 0, 6)}
	if p.AllLogits = rapid.Bool().Draw(t, "all logits"); !p.AllLogits {
		p.Cached = upTo("cached", 0, p.Prompt-1)
	}
	most := p.Prompt - p.Cached - p.logits()
	p.Pruned.MLP = upTo("pruned before MLP", 0, most)
	p.Pruned.Projection = upTo("projection", 0, p.Pruned.MLP)
	p.Pruned.Attention = upTo("attention", 0, p.Pruned.Projection)
	p.Pruned.Query = upTo("query", 0, p.Pruned.Attention)
	return p
}

func TestCountIsExactAndGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		whole := p
		whole.Cached, whole.Pruned = 0, Pruned{}
		sum := p.Exact()
		if loops := whole.count(); sum != loops {
			t.Fatalf("exact form %+v, loops %+v", sum, loops)
		}
		for _, g := range p.Gaps() {
			if g.FLOPs == 0 || g.Reason == Unexplained {
				t.Fatalf("gap %+v", g)
			}
			*sum.of(g) += g.FLOPs
		}
		counted := p.count()
		if sum != counted {
			t.Fatalf("exact form and gaps %+v, loops %+v", sum, counted)
		}
		if left := p.Unexplained(counted); len(left) > 0 {
			t.Fatalf("unexplained: %+v", left)
		}
	})
}

func TestSkippedWorkIsUnexplained(t *testing.T) {
	p := Plan{Shape: gpt2, Prompt: 128, Generate: 2, Cached: 16}
	counted := Phases{Prefill: gpt2.Causal(112, 16, 1), Decode: gpt2.Causal(1, 128, 1)}
	if left := p.Unexplained(counted); len(left) != 0 {
		t.Fatalf("%+v of a right count", left)
	}
	const tile = 2 * 4 * 16 * 768
	counted.Prefill.Linear -= tile
	counted.Decode.Unembed += 2
	left := p.Unexplained(counted)
	want := []Gap{{Prefill, Linear, -tile, Unexplained}, {Decode, Unembed, 2, Unexplained}}
	if len(left) != 2 || left[0] != want[0] || left[1] != want[1] {
		t.Errorf("%+v, want %+v", left, want)
	}
}

func TestPassesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShape(t)
		length := rapid.Int64Range(0, 1000)
		past, a, b, logits := length.Draw(t, "past"), length.Draw(t, "a"), length.Draw(t, "b"), length.Draw(t, "logits")
		whole := s.Causal(a+b, past, logits)
		if rest := whole.minus(s.Causal(a, past, 0)).minus(s.Causal(b, past+a, logits)); rest != (Products{}) {
			t.Fatalf("the whole is %+v more than its two parts", rest)
		}
		decode := Plan{Shape: s, Prompt: past + 1, Generate: a + 1}.Exact().Decode
		for step := range a {
			decode = decode.minus(s.Causal(1, past+1+step, 1))
		}
		if decode != (Products{}) {
			t.Fatalf("decoding is %+v more than its steps", decode)
		}
	})
}

// What a prefix would have cost is what a request for that prefix alone costs.
func TestCachedPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Plan{Shape: drawShape(t), Prompt: rapid.Int64Range(2, 20).Draw(t, "prompt"), Generate: 1}
		p.Cached = rapid.Int64Range(1, p.Prompt-1).Draw(t, "cached")
		prefix := Plan{Shape: p.Shape, Prompt: p.Cached}.count().Prefill
		want := []Gap{{Prefill, Linear, -prefix.Linear, CachedPrefix}, {Prefill, Attention, -prefix.Attention, CachedPrefix}}
		got := p.Gaps()
		if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestCheck(t *testing.T) {
	good := Plan{Shape: gpt2, Prompt: 128, Generate: 128, Cached: 100, Pruned: Pruned{0, 27, 27, 27}}
	for _, c := range []struct {
		name   string
		change func(*Plan)
		want   string // part of the error; "" for none
	}{
		{"good", func(*Plan) {}, ""},
		{"no layers", func(p *Plan) { p.Shape.Layers = 0 }, "shape: layers is 0"},
		{"negative vocabulary", func(p *Plan) { p.Shape.Vocabulary = -1 }, "shape: vocabulary is -1"},
		{"heads", func(p *Plan) { p.Shape.Heads = 5 }, "shape: width 768 is not divisible by 5 heads"},
		{"empty prompt", func(p *Plan) { p.Prompt, p.Cached = 0, 0 }, "plan: a prompt of 0"},
		{"generate", func(p *Plan) { p.Generate = -1 }, "plan: a prompt of 128 and -1"},
		{"prompt over the context", func(p *Plan) { p.Prompt, p.Generate = 1025, 0 }, "context of 1024"},
		{"full context", func(p *Plan) { p.Generate = 1025 - 128 }, ""}, // the last token is not read
		{"over the context", func(p *Plan) { p.Generate = 1026 - 128 }, "context of 1024"},
		{"vast", func(p *Plan) { p.Generate = 1<<63 - 1 }, "context of 1024"},
		{"all cached", func(p *Plan) { p.Cached = 128 }, "128 tokens of a prompt of 128 are cached"},
		{"negative cached", func(p *Plan) { p.Cached = -1 }, "-1 tokens"},
		{"logits of cached", func(p *Plan) { p.AllLogits = true }, "logits are wanted of 100 cached tokens"},
		{"all but one pruned", func(p *Plan) { p.Pruned.MLP = 28 }, "28 rows are pruned, where 27"},
		{"all pruned, no logits", func(p *Plan) { p.Generate, p.Pruned.MLP = 0, 28 }, ""},
		{"pruned with all logits", func(p *Plan) { p.AllLogits, p.Cached, p.Pruned = true, 0, Pruned{MLP: 1} }, "1 rows are pruned, where 0"},
		{"negative pruned", func(p *Plan) { p.Pruned.Query = -1 }, "comes back"},
		{"pruned row comes back", func(p *Plan) { p.Pruned.Projection = 1 }, "comes back"},
		{"overflow", func(p *Plan) { p.Shape.Layers, p.Shape.Width = 1<<20, 768<<16 }, "overflow"},
	} {
		p := good
		c.change(&p)
		err := p.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// exactTotal is the sum over phases and operators, without a limit.
func (p Plan) exactTotal() *big.Int {
	product := func(factors ...int64) *big.Int {
		n := big.NewInt(1)
		for _, f := range factors {
			n.Mul(n, big.NewInt(f))
		}
		return n
	}
	s, n := p.Shape, p.Prompt+p.steps()
	sum := product(8, n, s.Layers, s.Width, s.Width)
	sum.Add(sum, product(4, n, s.Layers, s.Width, s.Inner))
	sum.Add(sum, product(2, s.Layers, s.Width, n, n+1))
	return sum.Add(sum, product(2, p.logits()+p.steps(), s.Width, s.Vocabulary))
}

func TestNothingOverflows(t *testing.T) {
	xl := Plan{Shape: gpt2XL, Prompt: 1024, Generate: 1, AllLogits: true}
	if err := xl.Check(); err != nil {
		t.Error(err)
	}
	if total := xl.Exact().Prefill.Total(); total != xl.exactTotal().Int64() {
		t.Errorf("GPT-2 1.5B, 1024 tokens: %d", total)
	}
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		size := func(name string, most int) int64 { return 1 << rapid.IntRange(0, most).Draw(t, name) }
		s := Shape{
			Layers: size("layers", 12), Heads: 1, Width: size("width", 20),
			Inner: size("inner", 22), Vocabulary: size("vocabulary", 26), Positions: 1 << 21,
		}
		s.Heads = min(s.Width, size("heads", 20))
		p := Plan{Shape: s, Prompt: size("prompt", 20), Generate: size("generate", 3), AllLogits: true}
		if p.Check() != nil {
			return
		}
		accepted++
		exact := p.Exact()
		if total := exact.Prefill.Total() + exact.Decode.Total(); p.exactTotal().Cmp(big.NewInt(total)) != 0 {
			t.Fatalf("%d, without a limit %d", total, p.exactTotal())
		}
		// Every formula has the attention's four matrices, and none is more than the bound.
		least := 8 * p.Prompt * s.Layers * s.Width * s.Width
		for _, e := range p.Literature() {
			if e.Prefill < least || float64(e.Prefill) > p.bound() {
				t.Fatalf("%s: %d is not in %d..%g", e.Name, e.Prefill, least, p.bound())
			}
		}
	})
	if accepted == 0 {
		t.Error("no plan was accepted")
	}
}

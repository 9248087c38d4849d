package model_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// drawConfig draws a small GPT-2, most of whose sizes are no multiple of anything.
func drawConfig(t *rapid.T) model.Config {
	c := gpt2
	c.Layers, c.Heads = rapid.IntRange(1, 3).Draw(t, "layers"), rapid.IntRange(1, 5).Draw(t, "heads")
	c.Width = c.Heads * rapid.SampledFrom([]int{1, 7, 8, 32, 33}).Draw(t, "head size")
	c.Inner = rapid.IntRange(1, 70).Draw(t, "inner")
	c.Positions, c.Vocabulary = 80, rapid.IntRange(1, 100).Draw(t, "vocabulary")
	c.ActivationName = rapid.SampledFrom([]string{"gelu_new", "gelu", "relu", "silu", "tanh"}).Draw(t, "activation")
	c.ScaleByHead, c.ScaleByLayer = rapid.Bool().Draw(t, "scale by head"), rapid.Bool().Draw(t, "scale by layer")
	c.Tied = rapid.Bool().Draw(t, "tied")
	return c
}

func loadSource(t rapid.TB, x *tensor.Exec, s *source, d tensor.DType) *model.Model {
	m, err := model.Load(x, s, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A text is a sequence that is fed to a model.
type text struct {
	tokens []int
	want   tensor.Tensor // (T, V): logits where one worker computes all of it alone in one pass
	cache  *model.Cache
	done   int // tokens fed so far
}

// newText begins with what old has been fed up to prefix, and goes on with other tokens.
func newText(t *rapid.T, x *tensor.Exec, m *model.Model, old *text, prefix int) *text {
	n := rapid.IntRange(prefix+1, m.Config.Positions).Draw(t, "length")
	tokens := append(slices.Clone(old.tokens[:prefix]),
		rapid.SliceOfN(rapid.IntRange(0, m.Config.Vocabulary-1), n-prefix, n-prefix).Draw(t, "tokens")...)
	s := &text{tokens: tokens, want: tensor.New(n, m.Config.Vocabulary), cache: m.NewCache(), done: prefix}
	span := model.Span{Tokens: tokens, Cache: m.NewCache(), Logits: n}
	err := m.Forward(x, []model.Span{span}, func(_, token int, logits []float32) { copy(s.want.Row(token), logits) })
	if err != nil {
		t.Fatal(err)
	}
	if prefix > 0 {
		s.cache = old.cache.Prefix(prefix)
	}
	return s
}

// TestForwardSteps: each token has the bits that it has in a pass over its text alone on one
// worker, whatever number of workers compute it, however the text is cut, whatever shares the
// step, and whether what came before was computed or taken from another's cache.
func TestForwardSteps(t *testing.T) {
	for _, kernels := range tensor.Kernels() {
		var execs []*tensor.Exec
		for _, workers := range []int{1, 2, 3, 5, 8} {
			execs = append(execs, newExec(t, workers, kernels))
		}
		t.Run(kernels, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				m := loadSource(rt, execs[0], newSource(drawConfig(rt), rapid.Uint64().Draw(rt, "seed")), rapid.SampledFrom(tensor.DTypes()).Draw(rt, "dtype"))
				var live []*text
				for range rapid.IntRange(1, 3).Draw(rt, "texts") {
					live = append(live, newText(rt, execs[0], m, &text{}, 0))
				}
				for forks := 2; len(live) > 0; {
					if forks > 0 && rapid.Bool().Draw(rt, "fork") {
						forks--
						prefix := rapid.IntRange(0, min(live[0].done, m.Config.Positions-1)).Draw(rt, "prefix")
						live = append(live, newText(rt, execs[0], m, live[0], prefix))
					}
					live = step(rt, rapid.SampledFrom(execs).Draw(rt, "exec"), m, live)
				}
			})
		})
	}
}

// step feeds some of the texts their next tokens, and returns those that have more. It also holds
// what is settled to what was done.
func step(t *rapid.T, x *tensor.Exec, m *model.Model, live []*text) (rest []*text) {
	var spans []model.Span
	var fed []*text
	for i, s := range live {
		if rapid.Bool().Draw(t, "waits") && (len(spans) > 0 || i < len(live)-1) {
			continue
		}
		n := rapid.IntRange(1, len(s.tokens)-s.done).Draw(t, "chunk")
		logits := rapid.SampledFrom([]int{0, 1, n, n}).Draw(t, "logits")
		spans = append(spans, model.Span{Tokens: s.tokens[s.done : s.done+n], Cache: s.cache, Logits: logits})
		fed = append(fed, s)
	}
	type row struct{ span, token int }
	var want, got []row
	for i, span := range spans {
		for token := len(span.Tokens) - span.Logits; token < len(span.Tokens); token++ {
			want = append(want, row{i, token})
		}
	}
	pasts := make([]int, len(spans))
	for i, s := range fed {
		pasts[i] = s.done
	}
	before := x.Work()
	x.Settle(nil)
	err := m.Forward(x, spans, func(span, token int, logits []float32) {
		got = append(got, row{span, token})
		if d := differ(logits, fed[span].want.Row(fed[span].done+token)); d != "" {
			t.Fatalf("%d workers, span %d of %d, token %d after %d: %s", x.Threads(), span, len(spans), token, fed[span].done, d)
		}
	})
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("logits came for %v, not for %v: %v", got, want, err)
	}
	checkSettled(t, m.Config, spans, pasts, x.Settle(nil), x.Work().Since(before))
	for i, s := range fed {
		if s.done += len(spans[i].Tokens); s.cache.Len() != s.done {
			t.Fatalf("the cache has %d tokens after %d", s.cache.Len(), s.done)
		}
	}
	return slices.DeleteFunc(live, func(s *text) bool { return s.done == len(s.tokens) })
}

// checkSettled: the spans' parts add up to what was done, and the matrix products of each are the
// closed form's for its own tokens, past and logits.
func checkSettled(t *rapid.T, c model.Config, spans []model.Span, pasts []int, parts []tensor.Work, done tensor.Work) {
	if len(parts) != len(spans) {
		t.Fatalf("%d spans settle as %d parts", len(spans), len(parts))
	}
	var sum tensor.Work
	for i, p := range parts {
		want := products(c, len(spans[i].Tokens), pasts[i], spans[i].Logits)
		for op, n := range want {
			if p[op].Products != n {
				t.Fatalf("span %d of %d: %v is %d operations, not %d", i, len(spans), op, p[op].Products, n)
			}
		}
		if got, all := p.Total().Products, want[tensor.Linear]+want[tensor.Attention]+want[tensor.Unembed]; got != all {
			t.Fatalf("span %d of %d: products are %d operations, not %d", i, len(spans), got, all)
		}
		sum.Add(p)
	}
	for op := range sum {
		sum[op].Calls, done[op].Calls = 0, 0 // a part's are participations
	}
	if sum != done {
		t.Fatalf("the parts add up to\n%+v\nnot to\n%+v", sum, done)
	}
}

// products are the operations of matrix products for rows tokens after past ones. In the last block
// there are none of the MLP and the projection for a token that wants no logits, nor of its query
// and attention where the queries' weights are whole panels.
func products(c model.Config, rows, past, logits int) map[tensor.Operator]int64 {
	square, mlp := c.Width*c.Width, 2*c.Width*c.Inner
	pairs := func(rows int) int { return rows*past + rows*(rows+1)/2 }
	weights := rows * c.Layers * (4*square + mlp)
	attended := c.Layers * pairs(rows)
	pruned := rows - logits
	weights -= pruned * (square + mlp)
	if c.Width%32 == 0 {
		weights -= pruned * square
		attended -= pairs(pruned)
	}
	return map[tensor.Operator]int64{
		tensor.Linear:    2 * int64(weights),
		tensor.Attention: 4 * int64(c.Width) * int64(attended),
		tensor.Unembed:   2 * int64(logits) * int64(c.Width) * int64(c.Vocabulary),
	}
}

// TestManyLogits: logits of more rows than are made at once are those of the rows alone.
func TestManyLogits(t *testing.T) {
	x := newExec(t, 3, "auto")
	m := loadSource(t, x, newSource(small(), 1), tensor.F32)
	tokens := make([]int, 80)
	for i := range tokens {
		tokens[i] = 7 * i % 97
	}
	alone := tensor.New(80, 97)
	cache := m.NewCache()
	for i := range tokens {
		span := model.Span{Tokens: tokens[i : i+1], Cache: cache, Logits: 1}
		if err := m.Forward(x, []model.Span{span}, func(_, _ int, logits []float32) { copy(alone.Row(i), logits) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, rows := range [][]int{{63}, {64}, {65}, {63, 1}, {64, 1}, {48, 80}, {49, 80}, {1, 63, 64, 64, 2}} {
		var spans []model.Span
		want := 0
		for _, n := range rows {
			spans = append(spans, model.Span{Tokens: tokens, Cache: m.NewCache(), Logits: n})
			want += n
		}
		got := 0
		if err := m.Forward(x, spans, func(span, token int, logits []float32) {
			got++
			if d := differ(logits, alone.Row(token)); d != "" {
				t.Errorf("logits for %v rows: span %d, token %d: %s", rows, span, token, d)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("logits for %v rows came for %d", rows, got)
		}
	}
}

// TestNaN: a token whose embedding is no number spoils neither what comes before it nor another
// text of the step.
func TestNaN(t *testing.T) {
	const bad = 5
	c := small()
	c.Tied = false // or its logit would be no number anywhere
	x := newExec(t, 2, "auto")
	run := func(poison float32) (logits []float32) {
		s := newSource(c, 1)
		s.tensors["wte.weight"].data[bad*c.Width+3] = poison
		m := loadSource(t, x, s, tensor.F32)
		spans := []model.Span{
			{Tokens: []int{1, 2, 3, 4}, Cache: m.NewCache(), Logits: 4},
			{Tokens: []int{4, 4, 4, bad, 6}, Cache: m.NewCache(), Logits: 5},
			{Tokens: []int{7}, Cache: m.NewCache(), Logits: 1},
		}
		err := m.Forward(x, spans, func(span, token int, l []float32) {
			switch {
			case span != 1 || token < 3:
				logits = append(logits, l...)
			case poison == 0 || math.IsNaN(float64(l[0])):
			default:
				t.Errorf("token %d after %v has logit %v", token, poison, l[0])
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return logits
	}
	want := run(0)
	for _, poison := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if d := differ(run(float32(poison)), want); d != "" {
			t.Errorf("with %v: %s", poison, d)
		}
	}
}

// TestForwardErrors: what Forward refuses, it refuses before anything is computed.
func TestForwardErrors(t *testing.T) {
	c := small()
	x := newExec(t, 2, "auto")
	m := loadSource(t, x, newSource(c, 1), tensor.F32)
	long := make([]int, c.Positions)
	fresh, begun := m.NewCache(), m.NewCache()
	if err := m.Forward(x, []model.Span{{Tokens: []int{1, 2, 3}, Cache: begun}}, nil); err != nil {
		t.Fatal(err)
	}
	before := x.Work()
	for _, refused := range []struct {
		want  string
		spans []model.Span
	}{
		{"no spans", nil},
		{"span 0 has 0 tokens of which 0 want logits", []model.Span{{Cache: fresh}}},
		{"span 1 has 0 tokens of which 0 want logits", []model.Span{{Tokens: []int{1}, Cache: fresh}, {Cache: begun}}},
		{"span 0 has 2 tokens of which 3 want logits", []model.Span{{Tokens: []int{1, 2}, Cache: fresh, Logits: 3}}},
		{"span 0 has 2 tokens of which -1 want logits", []model.Span{{Tokens: []int{1, 2}, Cache: fresh, Logits: -1}}},
		{"token 1 is id 97, outside the vocabulary of 97", []model.Span{{Tokens: []int{96, 97}, Cache: fresh, Logits: 1}}},
		{"token 0 is id -1, outside the vocabulary of 97", []model.Span{{Tokens: []int{-1}, Cache: fresh, Logits: 1}}},
		{"81 tokens after 0 are more than the context of 80", []model.Span{{Tokens: append(long, 0), Cache: fresh, Logits: 1}}},
		{"78 tokens after 3 are more than the context of 80", []model.Span{{Tokens: long[:78], Cache: begun, Logits: 1}}},
		{"spans 0 and 2 have the same cache", []model.Span{{Tokens: []int{1}, Cache: begun}, {Tokens: []int{1}, Cache: fresh}, {Tokens: []int{1}, Cache: begun}}},
	} {
		err := m.Forward(x, refused.spans, func(int, int, []float32) { t.Errorf("%s: there are logits", refused.want) })
		if err == nil || err.Error() != refused.want {
			t.Errorf("the error is %v, not %s", err, refused.want)
		}
		if x.Work() != before || fresh.Len() != 0 || begun.Len() != 3 {
			t.Errorf("%s: something was computed", refused.want)
		}
	}
	if err := m.Forward(x, []model.Span{{Tokens: long[:77], Cache: begun, Logits: 1}}, func(int, int, []float32) {}); err != nil {
		t.Errorf("the last position is refused: %v", err)
	}
}

// TestModelSections: the work of each block is counted under its own name.
func TestModelSections(t *testing.T) {
	c := small()
	x := newExec(t, 2, "auto")
	m := loadSource(t, x, newSource(c, 1), tensor.F32)
	names := m.Sections()
	if want := []string{"embedding", "h.0", "h.1", "head"}; !slices.Equal(names, want) {
		t.Fatalf("the sections are %v, not %v", names, want)
	}
	x.Sections(len(names))
	spans := []model.Span{{Tokens: []int{1, 2, 3}, Cache: m.NewCache(), Logits: 1}}
	if err := m.Forward(x, spans, func(int, int, []float32) {}); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for i, w := range x.Settle(nil) {
		fmt.Fprintf(&got, "%s:", names[i])
		for op := range tensor.Operators {
			if n := w[op].Calls; n > 0 {
				fmt.Fprintf(&got, " %d %v", n, op)
			}
		}
		got.WriteString("\n")
	}
	const block = " 2 layernorm 4 linear 1 attention 1 softmax 1 gelu 2 add\n"
	if want := "embedding: 1 embed\nh.0:" + block + "h.1:" + block + "head: 1 layernorm 1 unembed\n"; got.String() != want {
		t.Errorf("the calls are\n%snot\n%s", got.String(), want)
	}
}

// TestAllocations: where its cache has room, a step of tokens allocates nothing.
func TestAllocations(t *testing.T) {
	for _, d := range tensor.DTypes() {
		t.Run(d.String(), func(t *testing.T) { checkAllocations(t, d) })
	}
}

func checkAllocations(t *testing.T, d tensor.DType) {
	x := newExec(t, 2, "auto")
	m := loadSource(t, x, newSource(small(), 1), d)
	// A cache grows by 32 tokens at a time: both have room for the 22 that follow.
	spans := []model.Span{
		{Tokens: make([]int, 33), Cache: m.NewCache(), Logits: 1},
		{Tokens: make([]int, 5), Cache: m.NewCache(), Logits: 1},
	}
	var settled []tensor.Work
	step := func() {
		if err := m.Forward(x, spans, func(int, int, []float32) {}); err != nil {
			t.Fatal(err)
		}
		settled = x.Settle(settled)
	}
	step()
	spans[0].Tokens, spans[1].Tokens = []int{1}, []int{2}
	step()
	if n := testing.AllocsPerRun(20, step); n != 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

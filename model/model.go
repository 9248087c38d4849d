package model

import (
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/gptmeter/gptmeter/tensor"
)

// A Model is GPT-2 with its weights.
type Model struct {
	Config  Config
	dtype   tensor.DType
	wte     *tensor.Weight // (V, C)
	wpe     tensor.Tensor  // (P, C)
	h       []*block       // n_layer
	ln_f    layerNorm
	lm_head *tensor.Weight // (V, C); wte where the two are tied

	queries, keysValues linear // of the last block's c_attn, where it can be split

	// observe, if not nil, sees each block's output and ln_f's: for tests.
	observe func(name string, rows tensor.Tensor)

	step step
}

type block struct {
	ln_1 layerNorm
	attn attention
	ln_2 layerNorm
	mlp  mlp
}

type attention struct {
	c_attn linear // (C, 3C): queries, keys, values
	scale  float32
	c_proj linear // (C, C)
}

type mlp struct {
	c_fc       linear // (C, F)
	activation tensor.ActivationFunc
	c_proj     linear // (F, C)
}

type linear struct {
	weight *tensor.Weight
	bias   []float32
}

type layerNorm struct {
	weight, bias []float32
	epsilon      float32
}

// Parameters is the number of weights and biases, a tied head not counted twice.
func (c Config) Parameters() int64 {
	C, F := int64(c.Width), int64(c.Inner)
	block := 2*2*C + (C*3*C + 3*C) + (C*C + C) + (C*F + F) + (F*C + C)
	n := (int64(c.Vocabulary)+int64(c.Positions))*C + int64(c.Layers)*block + 2*C
	if !c.Tied {
		n += int64(c.Vocabulary) * C
	}
	return n
}

// DType is the number format in which the matrices are held.
func (m *Model) DType() tensor.DType { return m.dtype }

// Sections names the parts of the model in which Forward has the work counted, where the Exec is
// asked for as many: the embedding, each block, the head.
func (m *Model) Sections() []string {
	names := []string{"embedding"}
	for i := range m.h {
		names = append(names, fmt.Sprintf("h.%d", i))
	}
	return append(names, "head")
}

// A Span is a run of new tokens of one sequence.
type Span struct {
	Tokens []int
	Cache  *Cache // of what came before; the span's keys and values are added to it
	Logits int    // how many of the last tokens want logits: none, one, up to all
}

// step is what a forward pass works with, kept so that the next one allocates nothing.
type step struct {
	ids, positions []int
	ends           []int // of each span's rows
	caches         []*tensor.KV
	wanted         []wanted
	wantedEnds     []int
}

// Forward runs spans of several sequences, of any lengths, through the model in one pass: whole
// prompts, parts of them and single tokens alike. It calls use with the logits of each row that
// wants them, in order: span and token count from 0 within their list, logits are valid during
// the call. Work since x.Settle is divided among the spans.
//
// An error is of the caller's making (an id outside the vocabulary, more tokens than the context
// has positions, no tokens, a cache twice) and nothing has been computed then; or it is ErrFault,
// and the caches are of no use.
func (m *Model) Forward(x *tensor.Exec, spans []Span, use func(span, token int, logits []float32)) (err error) {
	if err := m.enter(spans); err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer catch(&err)
	s := &m.step
	rows := len(s.ids)
	x.Reset()
	x.Divide(s.ends)
	a := m.matrices(x, rows)
	x.Section(0)
	x.Embed(a.hidden, m.wte, s.ids, m.wpe, s.positions) // (R, C)
	s.wantedRows(spans)
	for i, b := range m.h {
		x.Section(1 + i)
		s.caches = s.caches[:0]
		for _, span := range spans {
			s.caches = append(s.caches, span.Cache.layers[i])
		}
		if i < len(m.h)-1 {
			b.forward(x, a, s.caches) // (R, C)
		} else {
			a.hidden = m.last(x, a, s.caches) // (r, C)
		}
		if m.observe != nil {
			m.observe(fmt.Sprintf("block.%d", i), a.hidden)
		}
	}
	x.Section(1 + len(m.h))
	m.logits(x, a.hidden, use)
	return nil
}

// enter checks spans and lists their tokens.
func (m *Model) enter(spans []Span) error {
	s := &m.step
	s.ids, s.positions, s.ends = s.ids[:0], s.positions[:0], s.ends[:0]
	for i, span := range spans {
		past := span.Cache.Len()
		if len(span.Tokens) == 0 || span.Logits < 0 || span.Logits > len(span.Tokens) {
			return fmt.Errorf("span %d has %d tokens of which %d want logits", i, len(span.Tokens), span.Logits)
		}
		if j := slices.IndexFunc(spans[:i], func(s Span) bool { return s.Cache == span.Cache }); j >= 0 {
			return fmt.Errorf("spans %d and %d have the same cache", j, i)
		}
		if past+len(span.Tokens) > m.Config.Positions {
			return fmt.Errorf("%d tokens after %d are more than the context of %d", len(span.Tokens), past, m.Config.Positions)
		}
		for j, id := range span.Tokens {
			if id < 0 || id >= m.Config.Vocabulary {
				return fmt.Errorf("token %d is id %d, outside the vocabulary of %d", j, id, m.Config.Vocabulary)
			}
			s.ids = append(s.ids, id)
			s.positions = append(s.positions, past+j)
		}
		s.ends = append(s.ends, len(s.ids))
	}
	if len(spans) == 0 {
		return fmt.Errorf("no spans")
	}
	return nil
}

// matrices are what a step works on, the same for every block.
type matrices struct {
	hidden tensor.Tensor // (R, C): the residual stream
	norm   tensor.Tensor // (R, C)
	qkv    tensor.Tensor // (R, 3C)
	inner  tensor.Tensor // (R, F)
}

func (m *Model) matrices(x *tensor.Exec, rows int) matrices {
	c := m.Config
	return matrices{
		hidden: x.Scratch(rows, c.Width), norm: x.Scratch(rows, c.Width), qkv: x.Scratch(rows, 3*c.Width),
		inner: x.Scratch(rows, c.Inner),
	}
}

// forward is one transformer block, in place on a.hidden.
func (b *block) forward(x *tensor.Exec, a matrices, caches []*tensor.KV) {
	b.attend(x, a, caches)
	b.finish(x, a)
}

// attend has what each row attends to in a.norm.
func (b *block) attend(x *tensor.Exec, a matrices, caches []*tensor.KV) {
	x.LayerNorm(a.norm, a.hidden, b.ln_1.weight, b.ln_1.bias, b.ln_1.epsilon) // (R, C)
	x.Linear(a.qkv, a.norm, b.attn.c_attn.weight, b.attn.c_attn.bias)         // (R, 3C)
	x.Attention(a.norm, a.qkv, caches, b.attn.scale)                          // (R, C)
}

// finish adds that to a.hidden, and then the MLP's part.
func (b *block) finish(x *tensor.Exec, a matrices) {
	x.LinearAdd(a.hidden, a.norm, b.attn.c_proj.weight, b.attn.c_proj.bias)                 // (R, C)
	x.LayerNorm(a.norm, a.hidden, b.ln_2.weight, b.ln_2.bias, b.ln_2.epsilon)               // (R, C)
	x.LinearActivate(a.inner, a.norm, b.mlp.c_fc.weight, b.mlp.c_fc.bias, b.mlp.activation) // (R, F)
	x.LinearAdd(a.hidden, a.inner, b.mlp.c_proj.weight, b.mlp.c_proj.bias)                  // (R, C)
}

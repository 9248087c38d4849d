package model

import "github.com/gptmeter/gptmeter/tensor"

// PrunesAttention tells whether rows that want no logits have neither queries nor attention in the
// last block: where the queries' weights can be split off. Their projection and MLP are left out
// in any case.
func (c Config) PrunesAttention() bool { return tensor.CanSplit(c.Width) }

// split is the product with queries, and that with keys and values.
func (l linear) split(width int) (queries, rest linear) {
	queries.weight, rest.weight = l.weight.Split(width)
	queries.bias, rest.bias = l.bias[:width], l.bias[width:]
	return queries, rest
}

// last is the last block's forward. Of a row that wants no logits nothing is asked but its keys and
// values. It returns the rows that want some, in order.
func (m *Model) last(x *tensor.Exec, a matrices, caches []*tensor.KV) tensor.Tensor { // (r, C)
	s, b, width := &m.step, m.h[len(m.h)-1], m.Config.Width
	rows, r := a.hidden.Rows, len(s.wanted)
	if r == rows {
		b.forward(x, a, caches)
		return a.hidden
	}
	ends := s.owners(s.wanted, len(s.ends))
	if m.Config.PrunesAttention() {
		kv := tensor.Tensor{Rows: rows, Cols: 2 * width, Data: a.qkv.Data[:2*rows*width]}
		q := tensor.Tensor{Rows: r, Cols: width, Data: a.qkv.Data[2*rows*width:][:r*width]}
		x.LayerNorm(a.norm, a.hidden, b.ln_1.weight, b.ln_1.bias, b.ln_1.epsilon) // (R, C)
		x.Linear(kv, a.norm, m.keysValues.weight, m.keysValues.bias)              // (R, 2C)
		a.norm = s.gather(a.norm)
		if r > 0 {
			x.Divide(ends)
			x.Linear(q, a.norm, m.queries.weight, m.queries.bias) // (r, C)
			x.Divide(s.ends)
		}
		x.AttentionOfLast(a.norm, q, kv, ends, caches, b.attn.scale) // (r, C)
	} else {
		b.attend(x, a, caches) // (R, C)
		a.norm = s.gather(a.norm)
	}
	a.hidden, a.inner = s.gather(a.hidden), a.inner.Slice(0, r)
	if r > 0 {
		x.Divide(ends)
		b.finish(x, a)
	}
	return a.hidden
}

// gather moves the rows that want logits to the front.
func (s *step) gather(t tensor.Tensor) tensor.Tensor {
	for i, row := range s.wanted {
		copy(t.Row(i), t.Row(row.hidden))
	}
	return t.Slice(0, len(s.wanted))
}

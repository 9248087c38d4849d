package tensor

import (
	"slices"
	"time"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// Attention appends the keys and values in qkv (R, 3C: queries, keys, values, heads side by side
// in each) to caches and is then, for each head h and row i,
//
//	out[i][h] = Σ_j softmax_j(scale · q[i][h]·k[j][h]) · v[j][h]
//
// over the positions j of its sequence up to its own (Vaswani et al. 2017, section 3.2).
// Part i of Divide is the sequence of caches[i]. All have heads alike, and none is there twice.
func (x *Exec) Attention(out, qkv Tensor, caches []*KV, scale float32) { // (R, C)
	x.checkRows(qkv.Rows)
	if !qkv.fits(qkv.Rows, 3*out.Cols) || !out.fits(qkv.Rows, out.Cols) || len(caches) != len(x.ends) {
		panic(badShape)
	}
	heads, size := caches[0].heads, caches[0].size
	for i, c := range caches {
		if c.heads != heads || c.size != size || heads*size != out.Cols {
			panic(badShape)
		}
		if slices.Contains(caches[:i], c) {
			panic(badSequence)
		}
	}
	spans, from, longest := x.spans[:0], 0, 0
	for i, c := range caches {
		to := x.ends[i]
		c.reserve(to - from)
		spans = append(spans, kernel.Attention{
			Heads: c.heads, Size: c.size, Past: c.length, Rows: to - from, Blocks: c.blocks,
			QKV: qkv.Slice(from, to).Data, Out: out.Slice(from, to).Data, Scale: scale,
		})
		c.length += to - from
		longest = max(longest, c.length)
		from = to
	}
	for w := range x.done {
		d := &x.done[w]
		d.room(x.backend.ScratchSize(size, longest+longest/2)) // a sequence grows
		d.spans = slices.Grow(d.spans[:0], len(spans))[:len(spans)]
		clear(d.spans)
	}
	x.spans = spans
	_, wall, busy := x.run(Attention, heads*len(spans), 1, attentionShare)
	if !x.off {
		x.divideAttention(wall, busy)
	}
}

// attentionShare does the heads from up to to, counted head by head and in each span by span, so
// that workers get heads of long and short sequences alike.
func attentionShare(x *Exec, worker, from, to int) (c Count) {
	d := &x.done[worker]
	for i := from; i < to; i++ {
		span := i % len(x.spans)
		a := &x.spans[span]
		attention, softmax := x.backend.Head(a, i/len(x.spans), d.scratch)
		d.spans[span].attention.Add(attention)
		d.spans[span].softmax.Add(softmax)
	}
	return c
}

// divideAttention adds what each span did to its part, with time in proportion to products.
func (x *Exec) divideAttention(wall, busy time.Duration) {
	var whole int64
	for _, d := range x.done {
		for _, s := range d.spans {
			whole += s.attention.Products
		}
	}
	var before int64
	for i := range x.spans {
		attention := OperatorWork{Calls: 1}
		softmax := OperatorWork{Calls: 1}
		for _, d := range x.done {
			attention.Count.Add(d.spans[i].attention)
			softmax.Count.Add(d.spans[i].softmax)
		}
		after := before + attention.Products
		attention.Wall = time.Duration(Share(int64(wall), before, after, whole))
		attention.Busy = time.Duration(Share(int64(busy), before, after, whole))
		before = after
		if x.spans[i].Rows > 0 {
			x.part(i)[Attention].add(attention)
			x.part(i)[Softmax].add(softmax)
		}
		attention.Calls, softmax.Calls = 0, 0
		x.total[Attention].add(attention)
		x.total[Softmax].add(softmax)
	}
	x.total[Attention].Calls++
	x.total[Softmax].Calls++
}

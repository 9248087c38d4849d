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
	if !qkv.fits(qkv.Rows, 3*out.Cols) || !out.fits(qkv.Rows, out.Cols) {
		panic(badShape)
	}
	q, kv := columns{qkv.Data, qkv.Cols}, columns{qkv.Data[out.Cols:], qkv.Cols}
	x.attention(out, q, kv, x.ends, caches, scale)
}

// AttentionOfLast is Attention where only the last rows of each part ask what they attend to: with
// their queries q (r, C), those of part i up to ends[i], and keys and values kv (R, 2C) of all rows.
func (x *Exec) AttentionOfLast(out, q, kv Tensor, ends []int, caches []*KV, scale float32) { // (r, C)
	x.checkRows(kv.Rows)
	if !kv.fits(kv.Rows, 2*out.Cols) || !q.fits(q.Rows, out.Cols) || !out.fits(q.Rows, out.Cols) || len(ends) != len(x.ends) {
		panic(badShape)
	}
	last, from := 0, 0
	for i, end := range ends {
		if end < last || end-last > x.ends[i]-from {
			panic(badDivision)
		}
		last, from = end, x.ends[i]
	}
	if last != q.Rows {
		panic(badRows)
	}
	x.attention(out, columns{q.Data, q.Cols}, columns{kv.Data, kv.Cols}, ends, caches, scale)
}

// columns are adjoining columns of a matrix, from the first element on.
type columns struct {
	data   []float32
	stride int // from a row to the next
}

// from is the rows from i on.
func (c columns) from(i int) []float32 { return c.data[min(i*c.stride, len(c.data)):] }

func (x *Exec) attention(out Tensor, q, kv columns, queryEnds []int, caches []*KV, scale float32) {
	if len(caches) != len(x.ends) {
		panic(badShape)
	}
	layout := caches[0].layout
	for i, c := range caches {
		if c.layout != layout || layout.Heads*layout.Size != out.Cols {
			panic(badShape)
		}
		if slices.Contains(caches[:i], c) {
			panic(badSequence)
		}
	}
	spans, row, query, longest := x.spans[:0], 0, 0, 0
	for i, c := range caches {
		rows, queries := x.ends[i]-row, queryEnds[i]-query
		c.Reserve(c.length + rows)
		spans = append(spans, kernel.Attention{
			Blocks: layout, Past: c.length, Rows: rows, Queries: queries, Keys: c.keys, Values: c.values,
			Q: q.from(query), LDQ: q.stride, KV: kv.from(row), LDKV: kv.stride,
			Out: out.Slice(query, queryEnds[i]).Data, Scale: scale,
		})
		c.length += rows
		longest = max(longest, c.length)
		row, query = x.ends[i], queryEnds[i]
	}
	for w := range x.done {
		d := &x.done[w]
		d.room(x.backend.ScratchSize(layout, longest+longest/2)) // a sequence grows
		d.spans = slices.Grow(d.spans[:0], len(spans))[:len(spans)]
		clear(d.spans)
	}
	x.spans = spans
	_, wall, busy := x.run(Attention, phase{layout.Heads * len(spans), 1, 0, attentionShare})
	if !x.off {
		x.divideAttention(wall, busy)
	}
}

// attentionShare does the items from up to to, counted head by head and in each span by span, so
// that workers get heads of long and short sequences alike: of each span those heads that are among
// the items.
func attentionShare(x *Exec, worker, from, to int) (c Count) {
	d, n := &x.done[worker], len(x.spans)
	for i := range x.spans {
		first, end := (max(from-i, 0)+n-1)/n, (max(to-i, 0)+n-1)/n
		var next *kernel.Attention
		if i+1 < n {
			next = &x.spans[i+1]
		}
		d.spans[i].attention, d.spans[i].softmax = x.backend.Heads(&x.spans[i], next, first, end, d.scratch)
	}
	return c
}

// divideAttention adds what each span did to its part, with time in proportion to products, or to
// rows where none asks.
func (x *Exec) divideAttention(wall, busy time.Duration) {
	sums := x.done[0].spans
	for _, d := range x.done[1:] {
		for i, s := range d.spans {
			sums[i].attention.Add(s.attention)
			sums[i].softmax.Add(s.softmax)
		}
	}
	weight := func(i int) int64 { return sums[i].attention.Products }
	if !slices.ContainsFunc(sums, func(s spanCount) bool { return s.attention.Products > 0 }) {
		weight = func(i int) int64 { return int64(x.spans[i].Rows) }
	}
	var whole, before int64
	for i := range sums {
		whole += weight(i)
	}
	for i, s := range sums {
		attention := OperatorWork{Calls: 1, Count: s.attention}
		softmax := OperatorWork{Calls: 1, Count: s.softmax}
		after := before + weight(i)
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

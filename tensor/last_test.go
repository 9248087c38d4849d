package tensor_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestAttentionOfLast: rows that ask have the bits that they have where all do, all rows' keys and
// values are in the caches, and what the parts settle adds up. A part that asks nothing has no
// products, and where none does, time is divided by rows.
func TestAttentionOfLast(t *testing.T) {
	const heads, size = 3, 7
	const c = heads * size
	eachKernels(t, func(t *testing.T, kernels string) {
		all := execs(t, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			x, r := rapid.SampledFrom(all).Draw(rt, "exec"), drawRand(rt)
			parts := rapid.IntRange(1, 4).Draw(rt, "parts")
			var ends, queryEnds []int
			var caches, wholeCaches []*tensor.KV
			var q []float32
			rows, queries := 0, 0
			runs := drawRuns(rt, parts)
			for _, n := range runs {
				rows += n
				ends = append(ends, rows)
			}
			qkv := randomTensor(r, rows, 3*c)
			kv := tensor.New(rows, 2*c)
			for i := range rows {
				copy(kv.Row(i), qkv.Row(i)[c:])
			}
			d := drawDType(rt)
			none := rapid.Bool().Draw(rt, "none asks")
			var asking []int
			for i, n := range runs {
				asks := 0
				if !none {
					asks = rapid.IntRange(0, n).Draw(rt, "asks")
				}
				for row := ends[i] - asks; row < ends[i]; row++ {
					asking = append(asking, row)
					q = append(q, qkv.Row(row)[:c]...)
				}
				queries += asks
				queryEnds = append(queryEnds, queries)
				past := rapid.IntRange(0, 40).Draw(rt, "past")
				first := tensor.NewKV(heads, size, d)
				if past > 0 {
					x.Divide([]int{past})
					x.Attention(tensor.New(past, c), randomTensor(r, past, 3*c), []*tensor.KV{first}, 0.3)
				}
				wholeCaches, caches = append(wholeCaches, first.Prefix(past)), append(caches, first)
			}
			x.Settle(nil)
			x.Divide(ends)
			want, got := tensor.New(rows, c), guarded(rt, x, queries, c)
			x.Attention(want, qkv, wholeCaches, 0.3)
			x.Settle(nil)
			x.Divide(ends)
			before := x.Work()
			x.AttentionOfLast(got.Tensor, tensor.Tensor{Rows: queries, Cols: c, Data: q}, kv, queryEnds, caches, 0.3)
			got.check("AttentionOfLast")
			for i, row := range asking {
				if d := differ(got.Row(i), want.Row(row)); d != "" {
					rt.Fatalf("row %d of %d: %s", row, rows, d)
				}
			}
			grown := x.Work().Since(before)
			var sum tensor.Work
			for i, p := range x.Settle(nil) {
				asks := queryEnds[i] - append([]int{0}, queryEnds...)[i]
				if (p[tensor.Attention].Products > 0) != (asks > 0) {
					rt.Fatalf("part %d asks for %d rows and has %d products", i, asks, p[tensor.Attention].Products)
				}
				sum.Add(p)
			}
			for op := range sum {
				sum[op].Calls = grown[op].Calls // a part's are participations
			}
			if sum != grown {
				rt.Fatalf("the parts add up to\n%+v\nnot to\n%+v", sum, grown)
			}
			for i := range caches { // the next row sees the same
				x.Divide([]int{1})
				next := randomTensor(r, 1, 3*c)
				a, b := tensor.New(1, c), tensor.New(1, c)
				x.Attention(a, next, caches[i:i+1], 0.3)
				x.Attention(b, next, wholeCaches[i:i+1], 0.3)
				if d := differ(a.Data, b.Data); d != "" {
					rt.Fatalf("after part %d: %s", i, d)
				}
			}
		})
	})
}

// TestWeightSplit: the two parts of a weight have the bits of the whole.
func TestWeightSplit(t *testing.T) {
	x := newExec(t, 2, "")
	r := rand.New(rand.NewPCG(1, 1))
	for _, d := range tensor.DTypes() {
		w := x.Pack(elements(random(r, 100*40)), tensor.OutputMajor, 100, 40, d)
		in, whole, bias := randomTensor(r, 5, 40), tensor.New(5, 100), random(r, 100)
		x.Divide([]int{5})
		x.Linear(whole, in, w, bias)
		for _, at := range []int{32, 64, 96} {
			before, rest := w.Split(at)
			left, right := tensor.New(5, at), tensor.New(5, 100-at)
			x.Linear(left, in, before, bias[:at])
			x.Linear(right, in, rest, bias[at:])
			if before.Bytes()+rest.Bytes() != w.Bytes() {
				t.Errorf("%v: %d + %d bytes of %d", d, before.Bytes(), rest.Bytes(), w.Bytes())
			}
			for i := range 5 {
				if d := differ(slices.Concat(left.Row(i), right.Row(i)), whole.Row(i)); d != "" {
					t.Errorf("split at %d, row %d: %s", at, i, d)
				}
			}
		}
	}
}

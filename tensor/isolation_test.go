package tensor_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestRowsApart: NaNs, infinities or the largest numbers in a row change no other row, and no
// operator writes outside its result.
func TestRowsApart(t *testing.T) {
	poisons := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32}
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 2, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			rows, n, k := rapid.IntRange(1, 20).Draw(rt, "rows"), rapid.IntRange(1, 70).Draw(rt, "outputs"), rapid.IntRange(1, 70).Draw(rt, "inputs")
			seed, row := rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(0, rows-1).Draw(rt, "row")
			in := randomTensor(rand.New(rand.NewPCG(2, seed)), rows, k)
			poisoned := tensor.Tensor{Rows: rows, Cols: k, Data: slices.Clone(in.Data)}
			poison := rapid.SampledFrom(poisons).Draw(rt, "poison")
			for j := range poisoned.Row(row) {
				if j == 0 || rapid.Bool().Draw(rt, "poisoned") {
					poisoned.Row(row)[j] = poison
				}
			}
			operand := slices.Clone(poisoned.Data)
			w := random(rand.New(rand.NewPCG(3, seed)), n*k)
			weight := x.Pack(elements(w), tensor.OutputMajor, n, k, drawDType(rt))
			for _, op := range rowOperators(weight, w[:k]) {
				x.Divide([]int{rows})
				want, got := tensor.New(rows, op.cols), guarded(rt, x, rows, op.cols)
				op.run(x, want, in)
				op.run(x, got.Tensor, poisoned)
				got.check(op.name)
				if d := differ(poisoned.Data, operand); d != "" {
					rt.Fatalf("%s changes its operand: %s", op.name, d)
				}
				for i := range rows {
					if d := differ(got.Row(i), want.Row(i)); i != row && d != "" {
						rt.Fatalf("%s: row %d changes with %v in row %d: %s", op.name, i, poison, row, d)
					}
				}
			}
		})
	})
}

// A rowOperator makes rows of out from those of in.
type rowOperator struct {
	name string
	cols int
	run  func(x *tensor.Exec, out, in tensor.Tensor)
}

// rowOperators are those with a row of numbers for each row of the result.
func rowOperators(w *tensor.Weight, vector []float32) []rowOperator {
	k := w.Inputs()
	return []rowOperator{
		{"linear", w.Outputs(), func(x *tensor.Exec, out, in tensor.Tensor) { x.Linear(out, in, w, make([]float32, w.Outputs())) }},
		{"unembed", w.Outputs(), func(x *tensor.Exec, out, in tensor.Tensor) { x.Unembed(out, in, w) }},
		{"layernorm", k, func(x *tensor.Exec, out, in tensor.Tensor) { x.LayerNorm(out, in, vector, vector, 1e-5) }},
		{"linear, gelu", w.Outputs(), func(x *tensor.Exec, out, in tensor.Tensor) {
			x.LinearActivate(out, in, w, make([]float32, w.Outputs()), tensor.GELUTanh)
		}},
		{"linear, add", w.Outputs(), func(x *tensor.Exec, out, in tensor.Tensor) {
			clear(out.Data)
			x.LinearAdd(out, in, w, make([]float32, w.Outputs()))
		}},
	}
}

// TestAttentionApart: a position of NaNs or infinities changes neither the positions before it
// nor another sequence.
func TestAttentionApart(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 2, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			const heads, size = 2, 7
			rows := rapid.SliceOfN(rapid.IntRange(1, 70), 3, 3).Draw(rt, "rows")
			ends := []int{rows[0], rows[0] + rows[1], rows[0] + rows[1] + rows[2]}
			qkv := randomTensor(drawRand(rt), ends[2], 3*heads*size)
			d := drawDType(rt)
			attend := func(out tensor.Tensor) {
				x.Divide(ends)
				x.Attention(out, qkv, []*tensor.KV{tensor.NewKV(heads, size, d), tensor.NewKV(heads, size, d), tensor.NewKV(heads, size, d)}, 0.3)
			}
			want, got := tensor.New(ends[2], heads*size), guarded(rt, x, ends[2], heads*size)
			attend(want)
			bad := rapid.IntRange(ends[0], ends[1]-1).Draw(rt, "row") // of the middle one
			poison := rapid.SampledFrom([]float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}).Draw(rt, "poison")
			for j := range qkv.Row(bad) {
				qkv.Row(bad)[j] = poison
			}
			attend(got.Tensor)
			got.check("attention")
			for i := range ends[2] {
				if d := differ(got.Row(i), want.Row(i)); (i < bad || i >= ends[1]) && d != "" {
					rt.Fatalf("row %d of sequences ending at %v changes with %v in row %d: %s", i, ends, poison, bad, d)
				}
			}
		})
	})
}

// A guardedTensor lies between words that nobody may write.
type guardedTensor struct {
	tensor.Tensor
	t   *rapid.T
	all []float32
}

const (
	guardWords = 64
	guardWord  = 0x7fc0beef // a NaN that no kernel makes
)

// guarded makes one from x's scratch memory.
func guarded(t *rapid.T, x *tensor.Exec, rows, cols int) guardedTensor {
	x.Reset()
	g := guardedTensor{t: t, all: x.Scratch(1, rows*cols+2*guardWords).Data}
	for i := range g.all {
		g.all[i] = math.Float32frombits(guardWord)
	}
	g.Tensor = tensor.Tensor{Rows: rows, Cols: cols, Data: g.all[guardWords : len(g.all)-guardWords]}
	return g
}

// check fails if a word outside the Tensor was written, or one inside was not.
func (g guardedTensor) check(name string) {
	g.t.Helper()
	for i, v := range g.all {
		inside := i >= guardWords && i < len(g.all)-guardWords
		if (math.Float32bits(v) != guardWord) != inside {
			g.t.Fatalf("%s: word %d of a result of %d is %#x", name, i-guardWords, len(g.Data), math.Float32bits(v))
		}
	}
}

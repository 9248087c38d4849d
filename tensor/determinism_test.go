package tensor_test

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// An operator runs on some rows of a problem, whose operands do not change, and returns theirs of
// the result.
type operator struct {
	name string
	cols int // of the result
	run  func(x *tensor.Exec, out tensor.Tensor, from, to int)
}

// operators are all but Attention, on random operands of that many rows: w is (N, K).
func operators(x *tensor.Exec, r *rand.Rand, rows, n, k int, d tensor.DType) []operator {
	in, before := randomTensor(r, rows, k), randomTensor(r, rows, n)
	w := x.Pack(elements(random(r, n*k)), tensor.OutputMajor, n, k, d)
	bias, gain, shift := random(r, n), random(r, k), random(r, k)
	positions := randomTensor(r, 9, k)
	ids, at := make([]int, rows), make([]int, rows)
	for i := range ids {
		ids[i], at[i] = r.IntN(n), r.IntN(9)
	}
	activate := func(f tensor.ActivationFunc) func(x *tensor.Exec, out tensor.Tensor, from, to int) {
		return func(x *tensor.Exec, out tensor.Tensor, from, to int) {
			x.LinearActivate(out, in.Slice(from, to), w, bias, f)
		}
	}
	return []operator{
		{"embed", k, func(x *tensor.Exec, out tensor.Tensor, from, to int) {
			x.Embed(out, w, ids[from:to], positions, at[from:to])
		}},
		{"layernorm", k, func(x *tensor.Exec, out tensor.Tensor, from, to int) {
			x.LayerNorm(out, in.Slice(from, to), gain, shift, 1e-5)
		}},
		{"linear", n, func(x *tensor.Exec, out tensor.Tensor, from, to int) { x.Linear(out, in.Slice(from, to), w, bias) }},
		{"unembed", n, func(x *tensor.Exec, out tensor.Tensor, from, to int) { x.Unembed(out, in.Slice(from, to), w) }},
		{"linear, add", n, func(x *tensor.Exec, out tensor.Tensor, from, to int) {
			copy(out.Data, before.Slice(from, to).Data)
			x.LinearAdd(out, in.Slice(from, to), w, bias)
		}},
		{"linear, gelu tanh", n, activate(tensor.GELUTanh)},
		{"linear, gelu erf", n, activate(tensor.GELUErf)},
		{"linear, relu", n, activate(tensor.ReLU)},
		{"linear, silu", n, activate(tensor.SiLU)},
		{"linear, tanh", n, activate(tensor.Tanh)},
	}
}

// TestDeterminism: rows have the same bits alone and together, whatever the number of workers.
func TestDeterminism(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		all := execs(t, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			rows := rapid.IntRange(1, 40).Draw(rt, "rows")
			n, k := rapid.IntRange(1, 300).Draw(rt, "outputs"), rapid.IntRange(1, 200).Draw(rt, "inputs")
			if rapid.IntRange(0, 9).Draw(rt, "wide") == 0 {
				rows, n, k = 12, 33, 3000 // several blocks of inputs
			}
			cuts := drawCuts(rt, rows)
			for _, op := range operators(all[0], drawRand(rt), rows, n, k, drawDType(rt)) {
				whole := tensor.New(rows, op.cols)
				all[0].Divide([]int{rows})
				op.run(all[0], whole, 0, rows)
				for _, x := range all {
					from := 0
					for _, to := range cuts {
						out := tensor.New(to-from, op.cols)
						x.Divide([]int{to - from})
						op.run(x, out, from, to)
						if d := differ(out.Data, whole.Slice(from, to).Data); d != "" {
							rt.Fatalf("%s of (%d, %d) on %d workers, rows %d to %d alone: %s", op.name, n, k, x.Threads(), from, to, d)
						}
						from = to
					}
				}
			}
		})
	})
}

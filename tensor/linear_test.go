package tensor_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// Sizes around the edges of the kernels' tiles: 2, 4 or 14 rows; 4, 8, 16 or 32 columns.
var (
	rowEdges    = []int{1, 2, 3, 4, 5, 8, 13, 14, 15, 29}
	outputEdges = []int{1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97}
	inputEdges  = []int{1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 70}
)

// TestLinear compares Linear and Unembed with gonum's float64 and float32 products. A sum of K
// products and a bias, in whatever order, is off by at most γ·(Σ|a·b| + |bias|), with
// γ = nu/(1−nu), n = K+1 roundings and u = 2⁻²⁴ (Higham 2002, section 3.1); two float32 results by twice that.
func TestLinear(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 2, kernels)
		r := rand.New(rand.NewPCG(1, 2))
		for _, rows := range rowEdges {
			for _, n := range outputEdges {
				for _, k := range inputEdges {
					compareWithGonum(t, x, r, rows, n, k)
				}
			}
		}
	})
}

func compareWithGonum(t *testing.T, x *tensor.Exec, r *rand.Rand, rows, n, k int) {
	in := randomTensor(r, rows, k)
	w, bias := random(r, n*k), random(r, n) // (N, K)
	in.Data[0] *= 1e6                       // one product dwarfs the others
	out, logits := tensor.New(rows, n), tensor.New(rows, n)
	weight := x.Pack(elements(w), tensor.OutputMajor, n, k, tensor.F32)
	x.Divide([]int{rows})
	x.Linear(out, in, weight, bias)
	x.Unembed(logits, in, weight)

	blas32 := tensor.New(rows, n)
	gonum.Implementation{}.Sgemm(blas.NoTrans, blas.Trans, rows, n, k, 1, in.Data, k, w, k, 0, blas32.Data, n)
	exact, magnitude := make([]float64, rows*n), make([]float64, rows*n)
	dgemm(exact, wide(in.Data), wide(w), rows, n, k)
	dgemm(magnitude, absolute(wide(in.Data)), absolute(wide(w)), rows, n, k)
	gamma := func(roundings int) float64 { return float64(roundings) * unit / (1 - float64(roundings)*unit) }
	for i := range exact {
		b := float64(bias[i%n])
		for _, c := range []struct {
			name              string
			got, want, within float64
		}{
			{"Unembed and Dgemm", float64(logits.Data[i]), exact[i], gamma(k) * magnitude[i]},
			{"Unembed and Sgemm", float64(logits.Data[i]), float64(blas32.Data[i]), 2 * gamma(k) * magnitude[i]},
			{"Linear and Dgemm", float64(out.Data[i]), exact[i] + b, gamma(k+1) * (magnitude[i] + math.Abs(b))},
		} {
			if off := math.Abs(c.got - c.want); !(off <= c.within) {
				t.Fatalf("%d rows, %d outputs, %d inputs, element %d: %s are %g apart, more than %g",
					rows, n, k, i, c.name, off, c.within)
			}
		}
	}
}

// dgemm is out = a·bᵀ.
func dgemm(out, a, b []float64, rows, n, k int) {
	gonum.Implementation{}.Dgemm(blas.NoTrans, blas.Trans, rows, n, k, 1, a, k, b, k, 0, out, n)
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func absolute(x []float64) []float64 {
	for i, v := range x {
		x[i] = math.Abs(v)
	}
	return x
}

// TestLayouts: a matrix and its transpose pack to the same Weight.
func TestLayouts(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 3, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			r := drawRand(rt)
			n, k := rapid.SampledFrom(outputEdges).Draw(rt, "outputs"), rapid.SampledFrom(inputEdges).Draw(rt, "inputs")
			w := randomTensor(r, n, k)
			transposed := tensor.New(k, n)
			for i := range n {
				for j := range k {
					transposed.Row(j)[i] = w.Row(i)[j]
				}
			}
			d := drawDType(rt)
			in, outs := randomTensor(r, 5, k), [2]tensor.Tensor{tensor.New(5, n), tensor.New(5, n)}
			x.Divide([]int{5})
			for i, layout := range []tensor.Layout{tensor.OutputMajor, tensor.InputMajor} {
				source := [2]tensor.Tensor{w, transposed}[i]
				packed := x.Pack(elements(source.Data), layout, n, k, d)
				if packed.Outputs() != n || packed.Inputs() != k || packed.DType() != d {
					rt.Fatalf("packed (%d, %d) as %v", packed.Outputs(), packed.Inputs(), packed.DType())
				}
				x.Unembed(outs[i], in, packed)
			}
			if d := differ(outs[0].Data, outs[1].Data); d != "" {
				rt.Fatalf("the layouts differ: %s", d)
			}
		})
	})
}

// TestBF16: what is held as bfloat16 gives the bits that its numbers give as float32, and numbers
// that are bfloat16 those of float32.
func TestBF16(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 2, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			r := drawRand(rt)
			rows := rapid.SampledFrom(rowEdges).Draw(rt, "rows")
			n, k := rapid.SampledFrom(outputEdges).Draw(rt, "outputs"), rapid.SampledFrom(inputEdges).Draw(rt, "inputs")
			w, in := random(r, n*k), randomTensor(r, rows, k)
			for i, v := range w {
				w[i] = math.Float32frombits(math.Float32bits(v) &^ 0xffff)
			}
			outs := [2]tensor.Tensor{}
			x.Divide([]int{rows})
			for i, d := range []tensor.DType{tensor.F32, tensor.BF16} {
				outs[i] = tensor.New(rows, n)
				x.Unembed(outs[i], in, x.Pack(elements(w), tensor.OutputMajor, n, k, d))
			}
			if d := differ(outs[1].Data, outs[0].Data); d != "" {
				rt.Fatalf("%d rows, %d outputs, %d inputs: %s", rows, n, k, d)
			}
		})
	})
}

// TestEmbed: Embed gives the rows of the matrix that was packed, plus the positions.
func TestEmbed(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 2, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			r := drawRand(rt)
			n, k := rapid.SampledFrom(outputEdges).Draw(rt, "tokens"), rapid.SampledFrom(inputEdges).Draw(rt, "width")
			w, positions := randomTensor(r, n, k), randomTensor(r, 6, k)
			ids := rapid.SliceOfN(rapid.IntRange(0, n-1), 1, 20).Draw(rt, "ids")
			at := rapid.SliceOfN(rapid.IntRange(0, 5), len(ids), len(ids)).Draw(rt, "at")
			out := tensor.New(len(ids), k)
			x.Divide([]int{len(ids)})
			x.Embed(out, x.Pack(elements(w.Data), tensor.OutputMajor, n, k, tensor.F32), ids, positions, at)
			for i, id := range ids {
				want := make([]float32, k)
				for j := range want {
					want[j] = w.Row(id)[j] + positions.Row(at[i])[j]
				}
				if d := differ(out.Row(i), want); d != "" {
					rt.Fatalf("row %d, id %d of %d: %s", i, id, n, d)
				}
			}
		})
	})
}

func TestCopy(t *testing.T) {
	want := random(rand.New(rand.NewPCG(1, 2)), 15)
	got := tensor.Copy(elements(want), 3, 5)
	if got.Rows != 3 || got.Cols != 5 || differ(got.Data, want) != "" {
		t.Errorf("the copy is %v, not %v", got, want)
	}
	if row := got.Slice(1, 3).Row(1); differ(row, want[10:15]) != "" {
		t.Errorf("row 1 of rows 1 to 3 is %v, not %v", row, want[10:15])
	}
}

package kernel_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// Kernels along rows have the bits of the portable ones: at every length around their steps, with
// every kind of number.

// A row kernel works on x, with y, z and s where it needs more, and returns a number if it has one.
type rowKernel struct {
	name string
	run  func(b *kernel.Backend, x, y, z []float32, s float32) float32
}

var rowKernels = []rowKernel{
	{"Add", func(b *kernel.Backend, x, y, _ []float32, _ float32) float32 { b.Add(x, 0, y, 0, 1, len(x)); return 0 }},
	{"ScaleTo", func(b *kernel.Backend, x, y, _ []float32, s float32) float32 { b.ScaleTo(x, y, s); return 0 }},
	{"Multiply", func(b *kernel.Backend, x, y, z []float32, _ float32) float32 { b.Multiply(x, y, z); return 0 }},
	{"Sum", func(b *kernel.Backend, x, _, _ []float32, _ float32) float32 { return b.Sum(x) }},
	{"SumSquares", func(b *kernel.Backend, x, _, _ []float32, s float32) float32 { return b.SumSquares(x, s) }},
	{"Normalize", func(b *kernel.Backend, x, y, z []float32, s float32) float32 {
		b.Normalize(x, x, s, 1.7, y, z)
		return 0
	}},
	// Zeros of both signs are equal, and which is the largest is not defined.
	{"Max", func(b *kernel.Backend, x, _, _ []float32, _ float32) float32 { return b.Max(x) + 0 }},
	{"Residue", func(b *kernel.Backend, x, _, _ []float32, _ float32) float32 { return b.Residue(x) }},
	{"ExpSum", func(b *kernel.Backend, x, _, _ []float32, s float32) float32 { return b.ExpSum(x, s) }},
	{"GELUTanh", activation(kernel.GELUTanh)},
	{"GELU", activation(kernel.GELU)},
	{"ReLU", activation(kernel.ReLU)},
	{"SiLU", activation(kernel.SiLU)},
	{"Tanh", activation(kernel.Tanh)},
}

func activation(f kernel.Activation) func(b *kernel.Backend, x, _, _ []float32, _ float32) float32 {
	return func(b *kernel.Backend, x, _, _ []float32, _ float32) float32 { activate(b, f, x); return 0 }
}

// activate applies an activation to a row.
func activate(b *kernel.Backend, f kernel.Activation, x []float32) {
	b.Activate[f](x, len(x), x, len(x), 1, len(x))
}

// portable is the last of Backends.
func portable() *kernel.Backend { return kernel.Backends()[len(kernel.Backends())-1] }

// same tells whether two numbers have the same bits, or are both none.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func TestRowKernels(t *testing.T) {
	special := []float32{0, float32(math.Copysign(0, -1)), 1e-40, -1e-42, 88.8, -87.4, 3e38, -3e38,
		float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	for _, b := range kernel.Backends() {
		for _, k := range rowKernels {
			r := rand.New(rand.NewPCG(1, 2))
			for n := range 130 {
				for round := range 4 { // every other one with special numbers
					row := func(n int) []float32 {
						x := make([]float32, n)
						for i := range x {
							x[i] = float32(3 * r.NormFloat64())
							if round%2 == 1 && r.IntN(max(n, 8)) == 0 {
								x[i] = special[r.IntN(len(special))]
							}
						}
						return x
					}
					x, check := guardedWords[float32](n)
					copy(x, row(n))
					want, y, z, s := append([]float32(nil), x...), row(n), row(n), row(1)[0]
					got, wanted := k.run(b, x, y, z, s), k.run(portable(), want, y, z, s)
					check(t)
					if !same(got, wanted) {
						t.Fatalf("%s: %s of %d elements is %v, the portable one's is %v", b.Name, k.name, n, got, wanted)
					}
					for i := range x {
						if !same(x[i], want[i]) {
							t.Fatalf("%s: %s of %d elements leaves %v at %d, the portable one %v", b.Name, k.name, n, x[i], i, want[i])
						}
					}
				}
			}
		}
	}
}

// TestStrides: rows have the bits of each alone, whatever lies beside them stays as it was.
func TestStrides(t *testing.T) {
	for _, b := range kernel.Backends() {
		for f := range kernel.Activations + 1 { // the last is Add
			along := b.Add
			if f < kernel.Activations {
				along = b.Activate[f]
			}
			for _, n := range []int{1, 15, 16, 17, 31, 32, 33, 64, 65} {
				for rows := 1; rows <= 5; rows++ {
					ldo, ldx := n+rows%3, n+rows%2
					x, out := numbers(rows*ldx), numbers(rows*ldo)
					want := append([]float32(nil), out...)
					for i := range rows {
						along(want[i*ldo:], 0, x[i*ldx:], 0, 1, n)
					}
					along(out, ldo, x, ldx, rows, n)
					if !slices.Equal(out, want) {
						t.Fatalf("%s: function %d of %d rows of %d: %v, want %v", b.Name, f, rows, n, out, want)
					}
				}
			}
		}
	}
}

// TestFunctions goes through float32s of every magnitude and sign, one in 1009.
func TestFunctions(t *testing.T) {
	var all []float32
	for bits := uint64(0); bits < 1<<32; bits += 1009 {
		all = append(all, math.Float32frombits(uint32(bits)))
	}
	for i := -2000; i < 2000; i++ { // and densely where functions change from one form to another
		for _, edge := range []float32{0.625, -0.625, 88.72283, -86.98997, 0, 44.361415, 9.98596, -10.046048, -10.060966} {
			all = append(all, math.Float32frombits(uint32(int64(math.Float32bits(edge))+int64(i))))
		}
	}
	compare := func(b *kernel.Backend, name string, f, portable func(x []float32)) {
		got, want := append([]float32(nil), all...), append([]float32(nil), all...)
		f(got)
		portable(want)
		for i, x := range all {
			if !same(got[i], want[i]) {
				t.Fatalf("%s: %s(%v) is %v, the portable one %v", b.Name, name, x, got[i], want[i])
			}
		}
	}
	for _, b := range kernel.Backends() {
		compare(b, "exp", func(x []float32) { b.ExpSum(x, 0) }, func(x []float32) { pure.ExpSum(x, 0) })
		for f, name := range []string{"GELUTanh", "GELU", "ReLU", "SiLU", "Tanh"} {
			compare(b, name, func(x []float32) { activate(b, kernel.Activation(f), x) },
				func(x []float32) { activate(portable(), kernel.Activation(f), x) })
		}
	}
}

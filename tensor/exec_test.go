package tensor_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// workerCounts are the sizes of pool between which nothing may differ.
var workerCounts = []int{1, 2, 3, 5, 8}

// unit is the unit roundoff of float32: the largest relative error of one operation.
const unit = 0x1p-24

func newExec(t testing.TB, workers int, kernels string) *tensor.Exec {
	t.Helper()
	pool := tensor.NewPool(workers)
	t.Cleanup(pool.Close)
	x, err := tensor.NewExec(pool, kernels)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// eachKernels runs test with every set of kernels that this processor can run.
func eachKernels(t *testing.T, test func(t *testing.T, kernels string)) {
	for _, kernels := range tensor.Kernels() {
		t.Run(kernels, func(t *testing.T) { test(t, kernels) })
	}
}

// execs returns an Exec for each of workerCounts.
func execs(t testing.TB, kernels string) (all []*tensor.Exec) {
	for _, n := range workerCounts {
		all = append(all, newExec(t, n, kernels))
	}
	return all
}

// elements are a tensor in memory.
type elements []float32

func (e elements) Read(dst []float32, at int) { copy(dst, e[at:at+len(dst)]) }
func (e elements) Release()                   {}

// random returns n numbers, normally distributed.
func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func randomTensor(r *rand.Rand, rows, cols int) tensor.Tensor {
	return tensor.Tensor{Rows: rows, Cols: cols, Data: random(r, rows*cols)}
}

// drawRand draws where the random numbers of a property begin.
func drawRand(t *rapid.T) *rand.Rand { return rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed"))) }

// drawDType draws a format of weights.
func drawDType(t *rapid.T) tensor.DType { return rapid.SampledFrom(tensor.DTypes()).Draw(t, "dtype") }

// drawCuts cuts n rows into runs, each ending where the next begins.
func drawCuts(t *rapid.T, n int) (ends []int) {
	for from := 0; from < n; from = ends[len(ends)-1] {
		ends = append(ends, from+rapid.IntRange(1, n-from).Draw(t, "run"))
	}
	return ends
}

// differ names the first element whose bits differ; any two NaNs are alike. It is empty if none does.
func differ(got, want []float32) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d elements, not %d", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i]; math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
			return fmt.Sprintf("element %d is %v (%#x), not %v (%#x)", i, g, math.Float32bits(g), w, math.Float32bits(w))
		}
	}
	return ""
}

func TestKernels(t *testing.T) {
	pool := tensor.NewPool(3)
	defer pool.Close()
	names := tensor.Kernels()
	if len(names) == 0 || names[len(names)-1] != "pure" {
		t.Fatalf("the kernels are %v, without the portable ones at the end", names)
	}
	for name, want := range map[string]string{"": names[0], "auto": names[0], "pure": "pure"} {
		x, err := tensor.NewExec(pool, name)
		if err != nil || x.Kernel() != want || x.Threads() != 3 {
			t.Errorf("NewExec(%q) has %q on %d workers: %v", name, x.Kernel(), x.Threads(), err)
		}
	}
	if x, err := tensor.NewExec(pool, "abacus"); err != tensor.ErrKernel || x != nil {
		t.Errorf("NewExec of unknown kernels returns %v, %v", x, err)
	}
}

// TestScratch: what Scratch gives out between two Resets never overlaps, and the second of two
// like steps needs no new memory.
func TestScratch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := newExec(t, 1, "pure")
		sizes := rapid.SliceOfN(rapid.IntRange(0, 300), 1, 8).Draw(rt, "sizes")
		step := func() (given [][]float32) {
			x.Reset()
			for i, n := range sizes {
				s := x.Scratch(n, 3)
				if s.Rows != n || s.Cols != 3 || len(s.Data) != 3*n || cap(s.Data) != 3*n {
					rt.Fatalf("Scratch(%d, 3) is (%d, %d) of %d, room for %d", n, s.Rows, s.Cols, len(s.Data), cap(s.Data))
				}
				for j := range s.Data {
					s.Data[j] = float32(i)
				}
				given = append(given, s.Data)
			}
			return given
		}
		for range 3 {
			for i, s := range step() {
				if slices.ContainsFunc(s, func(v float32) bool { return v != float32(i) }) {
					rt.Fatalf("Scratch %d of sizes %v was overwritten", i, sizes)
				}
			}
		}
		if allocated := testing.AllocsPerRun(5, func() {
			x.Reset()
			for _, n := range sizes {
				x.Scratch(n, 3)
			}
		}); allocated != 0 {
			rt.Fatalf("a repeated step of sizes %v allocates %v times", sizes, allocated)
		}
	})
}

package tensor_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestLayerNorm compares with float64. Over 16 lanes a sum of n numbers has at most ⌈n/16⌉ + 4
// roundings u = 2⁻²⁴; so the mean is off by δ = (⌈n/16⌉ + 5)·u·mean|x|, the variance by
// (⌈n/16⌉ + 8)·u of itself and δ², and its root by half of that in proportion.
func TestLayerNorm(t *testing.T) {
	const epsilon = 1e-5
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 2, kernels)
		r := rand.New(rand.NewPCG(1, 2))
		for _, n := range []int{1, 2, 7, 15, 16, 17, 31, 32, 33, 100, 768} {
			for _, distribution := range []struct{ mean, deviation float32 }{{0, 1}, {3, 0.5}, {-100, 1}, {0, 1e-4}, {0, 1e6}, {5, 0}} {
				in, gain, bias := randomTensor(r, 5, n), random(r, n), random(r, n)
				for i, v := range in.Data {
					in.Data[i] = distribution.mean + distribution.deviation*v
				}
				in.Data[0] = 50 * in.Data[0] // an outlier
				out := tensor.New(5, n)
				x.Divide([]int{5})
				x.LayerNorm(out, in, gain, bias, epsilon)
				for i := range 5 {
					compareLayerNorm(t, out.Row(i), in.Row(i), gain, bias, epsilon)
				}
				x.LayerNorm(in, in, gain, bias, epsilon)
				if d := differ(in.Data, out.Data); d != "" {
					t.Fatalf("%d columns in place: %s", n, d)
				}
			}
		}
	})
}

func compareLayerNorm(t *testing.T, got, x, gain, bias []float32, epsilon float64) {
	t.Helper()
	n := float64(len(x))
	roundings := math.Ceil(n/16) + 5
	var mean, magnitude, variance float64
	for _, v := range x {
		mean += float64(v) / n
		magnitude += math.Abs(float64(v)) / n
	}
	for _, v := range x {
		variance += (float64(v) - mean) * (float64(v) - mean) / n
	}
	root := math.Sqrt(variance + epsilon)
	offMean := roundings * unit * magnitude
	offRoot := ((roundings+3)*unit + offMean*offMean/(variance+epsilon)) / 2
	for j, v := range x {
		normal, g := (float64(v)-mean)/root, float64(gain[j])
		want := normal*g + float64(bias[j])
		within := math.Abs(g)*(offMean/root+math.Abs(normal)*(offRoot+6*unit)) + unit*math.Abs(want)
		if off := math.Abs(float64(got[j]) - want); !(off <= within) {
			t.Fatalf("column %d of %d is %v, want %v: off by %g, allowed are %g", j, len(x), got[j], want, off, within)
		}
	}
}

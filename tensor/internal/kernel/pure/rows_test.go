package pure_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// TestSums compares sums of every length around the lanes with float64. Over 16 lanes, n numbers
// meet at most ⌈n/16⌉ + 4 roundings of 2⁻²⁴ each; a squared difference brings three more.
func TestSums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		x, shifted := make([]float32, n), make([]float32, n)
		var sum, sumAbs, squares, exps float64
		for i := range x {
			x[i] = float32(r.NormFloat64())
			shifted[i] = x[i]
			sum += float64(x[i])
			sumAbs += math.Abs(float64(x[i]))
			squares += (float64(x[i]) - 0.25) * (float64(x[i]) - 0.25)
			exps += math.Exp(float64(x[i]) - 3)
		}
		const unit = 0x1p-24
		roundings := float64((n+pure.Lanes-1)/pure.Lanes + 4)
		for _, c := range []struct {
			name              string
			got               float32
			want, within, per float64
		}{
			{"Sum", pure.Sum(x), sum, roundings, sumAbs},
			{"SumSquares", pure.SumSquares(x, 0.25), squares, roundings + 3, squares},
			// A difference of up to 8 is off by 2⁻²² at most, and Exp by 2⁻²³ of its result.
			{"ExpSum", pure.ExpSum(shifted, 3), exps, roundings + 4 + 2, exps},
		} {
			if off := math.Abs(float64(c.got) - c.want); !(off <= c.within*unit*c.per) {
				t.Fatalf("%s of %d is %v, want %v: off by %g, allowed are %g", c.name, n, c.got, c.want, off, c.within*unit*c.per)
			}
		}
		for i := range x {
			if want := pure.Exp(x[i] - 3); shifted[i] != want {
				t.Fatalf("ExpSum leaves %v for %v, want %v", shifted[i], x[i], want)
			}
		}
	}
}

func TestMax(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		x    []float32
		want float32
	}{
		{[]float32{-3}, -3},
		{[]float32{-3, -1, -2}, -1},
		{[]float32{5, 1, 2}, 5},
		{[]float32{-inf, -inf}, -inf},
		{[]float32{1, inf, 2}, inf},
		{[]float32{nan, 1, nan}, 1},
		{[]float32{1, nan, 2, nan}, 2},
		{[]float32{nan, -inf}, -inf},
		{[]float32{nan, nan}, -inf},
	} {
		if got := pure.Max(c.x); got != c.want {
			t.Errorf("Max(%v) is %v, want %v", c.x, got, c.want)
		}
	}
}

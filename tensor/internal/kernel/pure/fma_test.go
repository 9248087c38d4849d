package pure_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// exact is a·b + c by math/big, rounded once.
func exact(a, b, c float32) float32 {
	sum := new(big.Float).SetPrec(1000).SetFloat64(float64(a) * float64(b)) // 48 bits
	sum.Add(sum, big.NewFloat(float64(c)))
	if sum.Sign() == 0 { // big.Float has no sign for a sum that cancels
		return float32(float64(a)*float64(b)) + c
	}
	f, _ := sum.Float32()
	return f
}

// TestFMA compares with math/big: numbers of all magnitudes, sums that nearly cancel, sums just
// beside the middle between two float32s, subnormal and infinite results.
func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	compare := func(a, b, c float32) {
		t.Helper()
		if got, want := pure.FMA(a, b, c), exact(a, b, c); math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("FMA(%g, %g, %g) is %g, want %g", a, b, c, got, want)
		}
	}
	number := func() float32 {
		for {
			if v := math.Float32frombits(r.Uint32()); !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) {
				return v
			}
		}
	}
	twice := 0 // how often rounding twice goes wrong
	for range 300_000 {
		a, b := number(), number()
		compare(a, b, number())
		c := -float32(float64(a) * float64(b))
		if math.IsInf(float64(c), 0) {
			continue
		}
		compare(a, b, c)
		compare(a, b, math.Nextafter32(c, 0))
	}
	for range 300_000 {
		// The product, 1 − m²/2⁴⁶, is hardly less than half of the unit of c.
		m := float32(r.IntN(8)) * 0x1p-23
		a, b, c := 1+m, 1-m, 0x1p24+float32(2*r.IntN(1<<20))
		compare(a, b, c)
		compare(-a, b, c)
		if float32(float64(float64(a)*float64(b))+float64(c)) != pure.FMA(a, b, c) {
			twice++
		}
	}
	if twice == 0 {
		t.Error("no sum is one that rounding twice would change")
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ a, b, c, want float32 }{
		{inf, 1, 1, inf}, {-inf, 1, 1, -inf}, {1, 1, -inf, -inf}, {3e38, 3e38, 0, inf}, {3e38, 3e38, -inf, -inf},
		{inf, 1, -inf, nan}, {inf, 0, 1, nan}, {nan, 1, 1, nan}, {1, 1, nan, nan},
		{1e-30, 1e-30, 0, 0}, {math.SmallestNonzeroFloat32, 0.5, 0, 0},
	} {
		if got := pure.FMA(c.a, c.b, c.c); got != c.want && (got == got || c.want == c.want) {
			t.Errorf("FMA(%g, %g, %g) is %g, want %g", c.a, c.b, c.c, got, c.want)
		}
	}
}

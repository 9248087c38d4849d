package pure_test

import (
	"math"
	"testing"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// ulp is the distance between the float32s around x.
func ulp(x float64) float64 {
	_, exponent := math.Frexp(x)
	return math.Ldexp(1, max(exponent-24, -149))
}

// one makes a function of a number from one of a row.
func one(f func(out []float32, ldo int, x []float32, ldx, rows, n int)) func(x float32) float32 {
	return func(x float32) float32 {
		row := []float32{x}
		f(row, 1, row, 1, 1, 1)
		return row[0]
	}
}

// The arguments of exp whose results are from 2^-125.5 up to the largest float32.
const leastExp, mostExp = -86.98997, 88.72283

// TestFunctions compares with float64 math over float32s of every magnitude, one in 5003.
// What is stated of exp, tanh and gelu tanh to the argument is so on all of them.
func TestFunctions(t *testing.T) {
	ofResult := func(_, want float64) float64 { return ulp(want) }
	ofArgument := func(x, _ float64) float64 { return ulp(x) } // where a difference from −1 cancels
	for _, c := range []struct {
		name        string
		f           func(x float32) float32
		exact       func(x float64) float64
		least, most float32
		within      float64 // of units
		unit        func(x, want float64) float64
	}{
		{"exp", pure.Exp, math.Exp, leastExp, mostExp, 1.02, ofResult},
		{"tanh", one(pure.Tanh), math.Tanh, -100, 100, 1.41, ofResult},
		{"silu", one(pure.SiLU), func(x float64) float64 { return x / (1 + math.Exp(-x)) }, leastExp, 1e30, 2.5, ofResult},
		{"gelu tanh", one(pure.GELUTanh), geluTanh, -100, 1e30, 1.6, ofArgument},
		{"gelu tanh, to the result", one(pure.GELUTanh), geluLogistic, -10, 1e30, 130, ofResult},
		{"gelu", one(pure.GELU), func(x float64) float64 { return 0.5 * x * math.Erfc(-x/math.Sqrt2) }, -1e30, 1e30, 1.5, ofArgument},
		{"relu", one(pure.ReLU), func(x float64) float64 { return max(x, 0) }, -math.MaxFloat32, math.MaxFloat32, 0, ofResult},
	} {
		t.Run(c.name, func(t *testing.T) {
			worst := 0.0
			compare := func(x float32) {
				if x < c.least || x > c.most {
					return
				}
				want := c.exact(float64(x))
				off := math.Abs(float64(c.f(x))-want) / c.unit(float64(x), want)
				if worst = max(worst, off); !(off <= c.within) {
					t.Fatalf("%s(%v) is %v, want %v: off by %.3g units, allowed are %v", c.name, x, c.f(x), want, off, c.within)
				}
			}
			for bits := uint32(0); bits <= math.Float32bits(math.MaxFloat32); bits += 5003 {
				compare(math.Float32frombits(bits))
				compare(-math.Float32frombits(bits))
			}
			compare(c.least)
			compare(c.most)
			t.Logf("off by at most %.3f units", worst)
		})
	}
}

func geluTanh(x float64) float64 {
	return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

// geluLogistic is geluTanh without a sum that cancels.
func geluLogistic(x float64) float64 {
	return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

// TestFunctionsAtEdges: what lies outside the range above, and what is exact.
func TestFunctionsAtEdges(t *testing.T) {
	nan, inf, tiny := float32(math.NaN()), float32(math.Inf(1)), float32(math.SmallestNonzeroFloat32)
	tanh, silu, relu := one(pure.Tanh), one(pure.SiLU), one(pure.ReLU)
	gelu, geluTanh := one(pure.GELU), one(pure.GELUTanh)
	for _, c := range []struct {
		name    string
		f       func(x float32) float32
		x, want float32
	}{
		{"exp", pure.Exp, 0, 1},
		{"exp", pure.Exp, tiny, 1},
		{"exp", pure.Exp, -tiny, 1},
		{"exp overflows", pure.Exp, math.Nextafter32(mostExp, inf), inf},
		{"exp overflows", pure.Exp, math.MaxFloat32, inf},
		{"exp", pure.Exp, inf, inf},
		{"exp, instead of a subnormal", pure.Exp, leastExp - 1e-5, 0},
		{"exp", pure.Exp, -math.MaxFloat32, 0},
		{"exp", pure.Exp, -inf, 0},
		{"exp", pure.Exp, nan, nan},
		{"tanh", tanh, 0, 0},
		{"tanh", tanh, tiny, tiny},
		{"tanh", tanh, -tiny, -tiny},
		{"tanh", tanh, math.MaxFloat32, 1},
		{"tanh", tanh, inf, 1},
		{"tanh", tanh, -inf, -1},
		{"tanh", tanh, nan, nan},
		{"silu", silu, 0, 0},
		{"silu", silu, -100, 0}, // really −4e-42
		{"silu", silu, math.MaxFloat32, math.MaxFloat32},
		{"silu", silu, inf, inf},
		{"silu, as in PyTorch", silu, -inf, nan},
		{"silu", silu, nan, nan},
		{"relu", relu, -inf, 0},
		{"relu", relu, inf, inf},
		{"relu", relu, nan, nan},
		{"gelu", gelu, 0, 0},
		{"gelu", gelu, math.MaxFloat32, math.MaxFloat32},
		{"gelu", gelu, -math.MaxFloat32, 0},
		{"gelu", gelu, inf, inf},
		{"gelu, as in PyTorch", gelu, -inf, nan},
		{"gelu", gelu, nan, nan},
		{"gelu tanh", geluTanh, 0, 0},
		{"gelu tanh, whose cube overflows", geluTanh, math.MaxFloat32, math.MaxFloat32},
		{"gelu tanh, whose cube overflows", geluTanh, -math.MaxFloat32, 0},
		{"gelu tanh", geluTanh, inf, inf},
		{"gelu tanh, as in PyTorch", geluTanh, -inf, nan},
		{"gelu tanh", geluTanh, nan, nan},
	} {
		if got := c.f(c.x); got != c.want && (got == got || c.want == c.want) {
			t.Errorf("%s: f(%v) is %v, want %v", c.name, c.x, got, c.want)
		}
	}
}

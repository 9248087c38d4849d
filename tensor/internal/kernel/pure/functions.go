package pure

import "math"

// The coefficients of Exp are those of Cephes' expf (Moshier 1992, single/expf.c): a minimax
// polynomial on ±ln(2)/2. Tried on every float32, it is within 1 unit in the last place.
const (
	log2E  = 1.44269504088896341
	ln2Hi  = 0.693359375
	ln2Lo  = -2.12194440e-4
	expMax = 88.72283
	expMin = -87.33654 // below it the result would be subnormal: it is zero

	// Adding and subtracting 1.5·2²³ rounds a float32 to the nearest integer.
	rounder = 12582912
)

// Exp is e to the power x.
func Exp(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > expMax:
		return float32(math.Inf(1))
	case x < expMin:
		return 0
	}
	n := float32(float32(x*log2E)+rounder) - rounder
	r := x - float32(n*ln2Hi)
	r -= float32(n * ln2Lo)
	p := float32(1.9875691500e-4)
	p = float32(p*r) + 1.3981999507e-3
	p = float32(p*r) + 8.3334519073e-3
	p = float32(p*r) + 4.1665795894e-2
	p = float32(p*r) + 1.6666665459e-1
	p = float32(p*r) + 5.0000001201e-1
	p = float32(p*float32(r*r)) + r
	p += 1
	// n reaches 128 where 2ⁿ is no float32, so the power is applied in two steps.
	half := int32(n) / 2
	return p * powerOfTwo(half) * powerOfTwo(int32(n)-half)
}

func powerOfTwo(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

// tanh is the hyperbolic tangent: Cephes' polynomial (single/tanhf.c) near zero, beyond it
// 1 − 2/(e²ˣ+1).
func tanh(x float32) float32 {
	a := x
	if a < 0 {
		a = -a
	}
	if a < 0.625 {
		z := x * x
		p := float32(-5.70498872745e-3)
		p = float32(p*z) + 2.06390887954e-2
		p = float32(p*z) - 5.37397155531e-2
		p = float32(p*z) + 1.33314422036e-1
		p = float32(p*z) - 3.33332819422e-1
		return float32(float32(p*z)*x) + x
	}
	t := 1 - 2/(Exp(2*a)+1)
	if x < 0 {
		return -t
	}
	return t
}

// GELUTanh is for i, v := range x { x[i] = 0.5·v·(1 + tanh(√(2/π)·(v + 0.044715·v³))) }
// (Hendrycks and Gimpel 2016, section 2): gelu_new, gelu_fast and gelu_pytorch_tanh.
func GELUTanh(x []float32) {
	const root2OverPi = 0.7978845608028654
	for i, v := range x {
		cube := v * v * v
		t := tanh(root2OverPi * (float32(0.044715*cube) + v))
		x[i] = 0.5 * v * (1 + t)
	}
}

// GELU is for i, v := range x { x[i] = 0.5·v·(1 + erf(v/√2)) }.
func GELU(x []float32) {
	for i, v := range x {
		e := float32(math.Erf(float64(v * (1 / math.Sqrt2))))
		x[i] = 0.5 * v * (1 + e)
	}
}

// ReLU is for i, v := range x { x[i] = max(v, 0) }, and NaN stays NaN.
func ReLU(x []float32) {
	for i, v := range x {
		if v < 0 {
			x[i] = 0
		}
	}
}

// SiLU is for i, v := range x { x[i] = v / (1 + exp(0-v)) }.
func SiLU(x []float32) {
	for i, v := range x {
		x[i] = v / (1 + Exp(0-v))
	}
}

// Tanh is for i, v := range x { x[i] = tanh(v) }.
func Tanh(x []float32) {
	for i, v := range x {
		x[i] = tanh(v)
	}
}

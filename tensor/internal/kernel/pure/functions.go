package pure

import "math"

// Functions are the same on every backend, to the bit, since FMA is what an instruction does
// elsewhere.

const (
	log2E   = 1.4426950216293335
	log2ELo = 1.925963033500011e-08 // which the float32 above lacks

	// Beyond these, results are 0 and Inf as at them.
	expMin, expMax   = -87.2, 89
	exp2Min, exp2Max = -126, 128

	// Adding and subtracting 1.5·2²³ rounds a float32 to the nearest integer, which is in the sum's
	// lowest bits.
	rounder = 12582912
)

// Exp is e to the power x, within 1.02 units in the last place, as was tried on every float32. It is 0
// below 2^-125.5, where it would soon be subnormal.
func Exp(x float32) float32 {
	x = clamp(x, expMin, expMax)
	z := FMA(x, log2E, rounder)
	f := FMA(x, log2E, rounder-z)
	return power(z, FMA(x, log2ELo, f))
}

// Exp2 is 2 to the power x, and 0 where Exp is.
func Exp2(x float32) float32 {
	x = clamp(x, exp2Min, exp2Max)
	z := x + rounder
	return power(z, x+(rounder-z))
}

// clamp leaves what is no number.
func clamp(x, least, most float32) float32 {
	switch {
	case x < least:
		return least
	case x > most:
		return most
	}
	return x
}

// power is 2 to the power n+f, where z is rounder + n and |f| ≤ ½: for f the minimax polynomial of
// degree 6. It is doubled, because 2ⁿ⁻¹ is a float32 where 2ⁿ is none yet.
func power(z, f float32) float32 {
	p := float32(2 * 1.5328860899899155e-4)
	p = FMA(p, f, 2*1.3390976237133145e-3)
	p = FMA(p, f, 2*9.618500247597694e-3)
	p = FMA(p, f, 2*5.550359562039375e-2)
	p = FMA(p, f, 2*0.24022647738456726)
	p = FMA(p, f, 2*0.6931471824645996)
	p = FMA(p, f, 2)
	const bias, fraction = 127, 23 // of the exponent, and the bits below it
	return p * math.Float32frombits((math.Float32bits(z)+bias-1)<<fraction)
}

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
		p = FMA(p, z, 2.06390887954e-2)
		p = FMA(p, z, -5.37397155531e-2)
		p = FMA(p, z, 1.33314422036e-1)
		p = FMA(p, z, -3.33332819422e-1)
		return FMA(p*z, x, x)
	}
	t := 1 - 2/(Exp(2*a)+1)
	if x < 0 {
		return -t
	}
	return t
}

// Activations are, for the f that is stated,
//
//	for i := range rows {
//		for j := range n {
//			out[i*ldo+j] = f(x[i*ldx+j])
//		}
//	}
func activate(out []float32, ldo int, x []float32, ldx, rows, n int, f func(v float32) float32) {
	for i := range rows {
		to := out[i*ldo:][:n]
		for j, v := range x[i*ldx:][:n] {
			to[j] = f(v)
		}
	}
}

// GELUTanh is 0.5·v·(1 + tanh(√(2/π)·(v + 0.044715·v³))) (Hendrycks and Gimpel 2016, section 2):
// gelu_new, gelu_fast and gelu_pytorch_tanh. As 1 + tanh(y) is 2/(1 + e⁻²ʸ), it is v / (1 + e⁻²ʸ),
// and that is a power of 2.
func GELUTanh(out []float32, ldo int, x []float32, ldx, rows, n int) {
	const linear = -2 * 0.7978845608028654 * math.Log2E
	const cubic = linear * 0.044715
	activate(out, ldo, x, ldx, rows, n, func(v float32) float32 {
		return v / (1 + Exp2(v*FMA(v*v, cubic, linear)))
	})
}

// GELU is 0.5·v·(1 + erf(v/√2)).
func GELU(out []float32, ldo int, x []float32, ldx, rows, n int) {
	activate(out, ldo, x, ldx, rows, n, func(v float32) float32 {
		return 0.5 * v * (1 + float32(math.Erf(float64(v*(1/math.Sqrt2)))))
	})
}

// ReLU is max(v, 0), and NaN stays NaN.
func ReLU(out []float32, ldo int, x []float32, ldx, rows, n int) {
	activate(out, ldo, x, ldx, rows, n, func(v float32) float32 {
		if v < 0 {
			return 0
		}
		return v
	})
}

// SiLU is v / (1 + exp(0-v)).
func SiLU(out []float32, ldo int, x []float32, ldx, rows, n int) {
	activate(out, ldo, x, ldx, rows, n, func(v float32) float32 { return v / (1 + Exp(0-v)) })
}

// Tanh is tanh(v).
func Tanh(out []float32, ldo int, x []float32, ldx, rows, n int) {
	activate(out, ldo, x, ldx, rows, n, tanh)
}

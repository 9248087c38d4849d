package rows

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// The functions are those of package pure, operation by operation, with a branch taken by
// computing both sides: pure has the sources and the reasons.

const signBit = 1 << 31

// polynomial emits the value at x of the polynomial with those coefficients, highest first.
func polynomial(s vector.Set, x reg.VecVirtual, coefficients ...float32) reg.VecVirtual {
	p := s.Load(s.Number(coefficients[0]), nil)
	for _, c := range coefficients[1:] {
		p = s.Add(s.Mul(p, x), s.Number(c))
	}
	return p
}

// exp emits e to the power x.
func exp(s vector.Set, x reg.VecVirtual) reg.VecVirtual {
	const log2E, ln2Hi, ln2Lo = 1.44269504088896341, 0.693359375, -2.12194440e-4
	const expMax, expMin, rounder = 88.72283, -87.33654, 12582912
	n := s.Mul(x, s.Number(log2E))
	n = s.Sub(s.Add(n, s.Number(rounder)), s.Number(rounder))
	r := s.Sub(x, s.Mul(n, s.Number(ln2Hi)))
	r = s.Sub(r, s.Mul(n, s.Number(ln2Lo)))
	p := polynomial(s, r, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
		4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	p = s.Add(s.Mul(p, s.Mul(r, r)), r)
	p = s.Add(p, s.Number(1))
	half, rest := s.Register(), s.Register()
	VCVTTPS2DQ(n, rest)
	VPSRAD(U8(1), rest, half)
	VPSUBD(half, rest, rest)
	for _, power := range []reg.VecVirtual{half, rest} {
		VPADDD(s.Bits(127), power, power)
		VPSLLD(U8(23), power, power)
		p = s.Mul(p, power)
	}
	p = s.Keep(s.Compare(vector.NotLess, x, s.Number(expMin)), p)
	return s.Select(s.Compare(vector.Greater, x, s.Number(expMax)), s.Number(float32(math.Inf(1))), p)
}

// tanh emits the hyperbolic tangent.
func tanh(s vector.Set, x reg.VecVirtual) reg.VecVirtual {
	z := s.Mul(x, x)
	near := polynomial(s, z, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2,
		1.33314422036e-1, -3.33332819422e-1)
	near = s.Add(s.Mul(s.Mul(near, z), x), x)
	a := s.And(x, s.Bits(^uint32(signBit)))
	e := s.Add(exp(s, s.Mul(a, s.Number(2))), s.Number(1))
	t := s.Div(s.Load(s.Number(2), nil), e)
	t = s.Sub(s.Load(s.Number(1), nil), t)
	t = s.Xor(t, s.And(x, s.Bits(signBit)))
	return s.Select(s.Compare(vector.Less, a, s.Number(0.625)), near, t)
}

func geluTanh(s vector.Set, v reg.VecVirtual) reg.VecVirtual {
	cube := s.Mul(s.Mul(v, v), v)
	t := s.Add(s.Mul(cube, s.Number(0.044715)), v)
	t = tanh(s, s.Mul(t, s.Number(float32(math.Sqrt(2/math.Pi)))))
	return s.Mul(s.Mul(v, s.Number(0.5)), s.Add(t, s.Number(1)))
}

func relu(s vector.Set, v reg.VecVirtual) reg.VecVirtual {
	return s.Max(s.Load(s.Number(0), nil), v)
}

func silu(s vector.Set, v reg.VecVirtual) reg.VecVirtual {
	e := exp(s, s.Sub(s.Load(s.Number(0), nil), v))
	return s.Div(v, s.Add(e, s.Number(1)))
}

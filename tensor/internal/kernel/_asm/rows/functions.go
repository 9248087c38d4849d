package rows

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// The functions are those of package pure, operation by operation, with a branch taken by
// computing both sides: pure has the sources and the reasons.

const signBit = 1 << 31

// polynomial emits the value at x of the polynomial with those coefficients, highest first.
func polynomial(x batch, coefficients ...float32) batch {
	p := x.fill(coefficients[0])
	for _, c := range coefficients[1:] {
		p = p.mulAdd(x, number(c))
	}
	return p
}

const rounder = 12582912

// exp emits e to the power x.
func exp(x batch) batch {
	const log2E, log2ELo = 1.4426950216293335, 1.925963033500011e-08
	x = x.atLeast(-87.2).atMost(89)
	z := x.fill(rounder).plusMul(x, number(log2E))
	f := z.from(x.Sub, rounder).plusMul(x, number(log2E)).plusMul(x, number(log2ELo))
	return power(z, f)
}

// exp2 emits 2 to the power x.
func exp2(x batch) batch {
	x = x.atLeast(-126).atMost(128)
	z := x.add(number(rounder))
	return power(z, x.add(z.from(x.Sub, rounder)))
}

func power(z, f batch) batch {
	p := polynomial(f, 2*1.5328860899899155e-4, 2*1.3390976237133145e-3, 2*9.618500247597694e-3,
		2*5.550359562039375e-2, 2*0.24022647738456726, 2*0.6931471824645996, 2)
	const bias, fraction = 127, 23
	z = z.do(z.AddWords, bits(bias-1))
	for _, v := range z.registers {
		VPSLLD(U8(fraction), v, v)
	}
	return p.mul(z)
}

// tanh emits the hyperbolic tangent.
func tanh(x batch) batch {
	z := x.mul(x)
	near := polynomial(z, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2,
		1.33314422036e-1, -3.33332819422e-1)
	near = near.mul(z).mulAdd(x, x)
	a := x.and(bits(^uint32(signBit)))
	e := exp(a.add(a)).add(number(1))
	t := e.from(x.Div, 2).from(x.Sub, 1)
	return a.choose(0.625, near, t.xor(x.and(bits(signBit))))
}

func geluTanh(v batch) batch {
	const linear = -2 * 0.7978845608028654 * math.Log2E
	const cubic = linear * 0.044715
	slope := v.mul(v).mulAdd(number(cubic), number(linear))
	return v.div(exp2(slope.mul(v)).add(number(1)))
}

func relu(v batch) batch { return v.atLeast(0) }

func silu(v batch) batch { return v.div(exp(v.from(v.Sub, 0)).add(number(1))) }

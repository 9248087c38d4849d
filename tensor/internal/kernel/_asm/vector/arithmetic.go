package vector

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Arithmetic is not fused here, so that its results are those of the portable kernels. An operand
// y may be a register or memory.

// Add emits x + y.
func (s Set) Add(x reg.VecVirtual, y Op) reg.VecVirtual { return s.binary(VADDPS, x, y) }

// Sub emits x − y.
func (s Set) Sub(x reg.VecVirtual, y Op) reg.VecVirtual { return s.binary(VSUBPS, x, y) }

// Mul emits x · y.
func (s Set) Mul(x reg.VecVirtual, y Op) reg.VecVirtual { return s.binary(VMULPS, x, y) }

// Div emits x / y.
func (s Set) Div(x reg.VecVirtual, y Op) reg.VecVirtual { return s.binary(VDIVPS, x, y) }

// Max and Min emit x > y ? x : y and x < y ? x : y, which are y where either is no number.
func (s Set) Max(x reg.VecVirtual, y Op) reg.VecVirtual { return s.binary(VMAXPS, x, y) }
func (s Set) Min(x reg.VecVirtual, y Op) reg.VecVirtual { return s.binary(VMINPS, x, y) }

// And and Xor emit operations on bits.
func (s Set) And(x reg.VecVirtual, y Op) reg.VecVirtual { return s.binary(VANDPS, x, y) }
func (s Set) Xor(x reg.VecVirtual, y Op) reg.VecVirtual { return s.binary(VXORPS, x, y) }

// AddWords emits the sums of words.
func (s Set) AddWords(x reg.VecVirtual, y Op) reg.VecVirtual { return s.binary(VPADDD, x, y) }

// ShiftLeft emits the words at m, each shifted left by so many bits.
func (s Set) ShiftLeft(m Mem, bits uint8) reg.VecVirtual {
	out := s.Register()
	if s.masked() {
		VPSLLD(U8(bits), m, out)
	} else {
		VMOVDQU(m, out)
		VPSLLD(U8(bits), out, out)
	}
	return out
}

func (s Set) binary(instruction func(...Op), x reg.VecVirtual, y Op) reg.VecVirtual {
	out := s.Register()
	instruction(y, x, out)
	return out
}

// A Comparison is the immediate of VCMPPS; none signals.
type Comparison uint8

// The comparisons.
const (
	Less    Comparison = 0x11 // and both are numbers
	NotLess Comparison = 0x15 // or one is no number
	Greater Comparison = 0x1e // and both are numbers
)

// Compare emits the mask of the lanes where x and y compare so.
func (s Set) Compare(c Comparison, x reg.VecVirtual, y Op) Mask {
	var mask reg.Register = YMM()
	if s.masked() {
		mask = K()
	}
	VCMPPS(U8(c), y, x, mask)
	return mask
}

// Select emits mask ? yes : no.
func (s Set) Select(mask Mask, yes Op, no reg.VecVirtual) reg.VecVirtual {
	out := s.Register()
	if s.masked() {
		VBLENDMPS(yes, no, mask, out)
	} else {
		VBLENDVPS(mask, yes, no, out)
	}
	return out
}

// Keep emits mask ? x : 0; a nil mask keeps all.
func (s Set) Keep(mask Mask, x reg.VecVirtual) reg.VecVirtual {
	switch out := s.Register(); {
	case mask == nil:
		return x
	case s.masked():
		VMOVAPS_Z(x, mask, out)
		return out
	default:
		VANDPS(mask, x, out)
		return out
	}
}

var constants = map[uint32]Mem{}

// Bits is a vector in memory with those bits in every lane.
func (s Set) Bits(bits uint32) Mem {
	m, known := constants[bits]
	if !known {
		m = GLOBL(fmt.Sprintf("constant%08x", bits), attr.RODATA|attr.NOPTR)
		for i := range s.Lanes {
			DATA(4*i, U32(bits))
		}
		constants[bits] = m
	}
	return m
}

// Number is a vector in memory with v in every lane.
func (s Set) Number(v float32) Mem { return s.Bits(math.Float32bits(v)) }

// Broadcast emits a load of those bits into every lane.
func (s Set) Broadcast(bits uint32) reg.VecVirtual { return s.Load(s.Bits(bits), nil) }

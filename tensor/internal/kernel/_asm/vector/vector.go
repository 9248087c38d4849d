// Package vector emits what instruction sets do in different ways to vectors of float32.
package vector

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Set is an instruction set.
type Set struct {
	Lanes    int // float32s in a register
	Register func() reg.VecVirtual
}

// The instruction sets.
var (
	AVX2   = Set{8, YMM}
	AVX512 = Set{16, ZMM}
)

// Bytes is the size of a register.
func (s Set) Bytes() int { return 4 * s.Lanes }

// masked tells whether masks have registers of their own.
func (s Set) masked() bool { return s.Lanes == AVX512.Lanes }

// MasksCost tells whether to load and store through a mask is slower than without one.
func (s Set) MasksCost() bool { return !s.masked() }

// Page is where the processor ceases to fetch ahead by itself, in bytes.
const Page = 4096

// A Mask is the lanes that are loaded and stored; nil is all. Memory of the others is not
// touched, and they are zero in a register.
type Mask reg.Register

// maskLanes is the most lanes that Masks has room for.
const maskLanes = 16

// Masks emits masks of the first n of the lanes of so many registers. It changes n.
func (s Set) Masks(n reg.GPVirtual, registers int) []Mask {
	masks := make([]Mask, registers)
	if s.masked() {
		bits := GP32()
		MOVQ(n, reg.RCX)
		MOVL(U32(1), bits)
		SHLL(reg.CL, bits)
		DECL(bits)
		k := K()
		KMOVW(bits, k)
		masks[0] = k
		return masks
	}
	at := GP64()
	LEAQ(maskTable(), at)
	SHLQ(U8(2), n)
	SUBQ(n, at)
	for i := range masks {
		y := YMM()
		VMOVUPS(Mem{Base: at, Disp: 4*maskLanes + i*s.Bytes()}, y)
		masks[i] = y
	}
	return masks
}

var table *Mem

// maskTable is maskLanes words of ones, then as many of zeros.
func maskTable() Mem {
	if table == nil {
		m := GLOBL("masks", attr.RODATA|attr.NOPTR)
		for i := range 2 * maskLanes {
			word := U32(0)
			if i < maskLanes {
				word = ^word
			}
			DATA(4*i, word)
		}
		table = &m
	}
	return *table
}

// Load emits a load.
func (s Set) Load(m Mem, mask Mask) reg.VecVirtual {
	v := s.Register()
	s.LoadTo(v, m, mask)
	return v
}

// LoadTo emits a load into v.
func (s Set) LoadTo(v reg.VecVirtual, m Mem, mask Mask) {
	switch {
	case mask == nil:
		VMOVUPS(m, v)
	case s.masked():
		VMOVUPS_Z(m, mask, v)
	default:
		VMASKMOVPS(m, mask, v)
	}
}

// Store emits a store.
func (s Set) Store(v reg.VecVirtual, m Mem, mask Mask) {
	switch {
	case mask == nil:
		VMOVUPS(v, m)
	case s.masked():
		VMOVUPS(v, mask, m)
	default:
		VMASKMOVPS(v, mask, m)
	}
}

// Zero emits v = 0.
func (s Set) Zero(v reg.VecVirtual) {
	if s.masked() {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
}

// MulAdd emits sums[i] += m·b[i] with the number at m.
func (s Set) MulAdd(m Mem, b, sums []reg.VecVirtual) {
	if s.masked() && len(sums) == 1 {
		VFMADD231PS_BCST(m, b[0], sums[0])
		return
	}
	x := s.Register()
	VBROADCASTSS(m, x)
	for i := range sums {
		VFMADD231PS(x, b[i], sums[i])
	}
}

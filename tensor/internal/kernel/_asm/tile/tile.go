// Package tile emits the micro-kernels of matrix products.
package tile

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// Emit emits the kernel of so many rows and registers of columns, the last of which may be in part
// outside. Every sum has an accumulator of its own and runs along k in order.
//
// A kernel fetches ahead where that was measured to gain (Zen 4): into the first cache with AVX-512,
// whose rows are so many that it waits for no memory, else into the second.
func Emit(s vector.Set, rows, registers int) {
	fetch := PREFETCHT0
	if s.MasksCost() {
		fetch = PREFETCHT1
	}
	if rows <= 2 {
		fetch = nil
	}
	emit(s, "tile", rows, registers, &float32s{Set: s}, fetch)
}

// EmitWiden is Emit for weights in bfloat16, beginning with a panel's column first.
func EmitWiden(s vector.Set, rows, registers, first int) {
	name := "widen"
	if first > 0 {
		name = "widenUpper"
	}
	fetch := PREFETCHT1
	if rows == 1 {
		fetch = nil
	}
	emit(s, name, rows, registers, &bfloat16s{Set: s, first: first, end: first + registers*s.Lanes}, fetch)
}

// weights are the second matrix, of which a loop along k loads a row of columns at a time.
type weights interface {
	parameters() string                                      // beside others in a kernel's signature
	begin()                                                  // emits what comes before the loop
	load(row, register int, mask vector.Mask) reg.VecVirtual // emits a load of a register of columns, of a row or the one after
	masked() bool                                            // tells whether loads heed the mask
	next(rows int)                                           // emits the step to the next row or the one after
}

func emit(s vector.Set, prefix string, rows, registers int, b weights, fetch func(Op)) {
	most := registers * s.Lanes
	TEXT(fmt.Sprintf("%s%dx%d", prefix, rows, most), NOSPLIT,
		"func(out *float32, ldo int, a *float32, lda int, "+b.parameters()+", k, cols int, add bool, bias *float32, ahead *byte, step int)")
	Doc(fmt.Sprintf("%s%dx%d is Tile for that many rows and %d to %d columns.", prefix, rows, most, most-s.Lanes+1, most))
	Pragma("noescape")
	tail := Load(Param("cols"), GP64()).(reg.GPVirtual)
	if registers > 1 {
		SUBQ(U8(most-s.Lanes), tail)
	}
	masks := make([]vector.Mask, registers)
	if s.MasksCost() || b.masked() {
		CMPQ(tail, U8(s.Lanes))
		JNE(LabelRef("masked"))
		loop(s, rows, masks, b, fetch, "full")
		Label("masked")
	}
	masks[registers-1] = s.Masks(tail, 1)[0]
	loop(s, rows, masks, b, fetch, "tail")
}

// loop emits the loop along k and what is around it, up to the return.
func loop(s vector.Set, rows int, masks []vector.Mask, b weights, fetch func(Op), name string) {
	sums := make([][]reg.VecVirtual, rows)
	for i := range sums {
		for range masks {
			sums[i] = append(sums[i], s.Register())
		}
	}
	each := func(do func(v reg.VecVirtual, m Mem, mask vector.Mask)) {
		out := newMatrix("out", "ldo", rows)
		for i := range sums {
			for j, v := range sums[i] {
				do(v, out.row(i).Offset(j*s.Bytes()), masks[j])
			}
		}
	}
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JZ(LabelRef(name + "_zero"))
	each(s.LoadTo)
	JMP(LabelRef(name + "_begin"))
	Label(name + "_zero")
	for i := range sums {
		for _, v := range sums[i] {
			s.Zero(v)
		}
	}
	out := newMatrix("out", "ldo", rows) // is then there when the sums are
	for i := range sums {
		for j := 0; j < len(masks)*s.Bytes(); j += 64 {
			PREFETCHT0(out.row(i).Offset(j))
		}
	}
	Label(name + "_begin")
	a := newMatrix("a", "lda", rows)
	b.begin()
	ahead, step := Load(Param("ahead"), GP64()), Load(Param("step"), GP64())
	products := func(n int) {
		for p := range n {
			columns := make([]reg.VecVirtual, len(masks))
			for j := range columns {
				columns[j] = b.load(p, j, masks[j])
			}
			for i := range sums {
				s.MulAdd(a.row(i).Offset(4*p), columns, sums[i])
			}
			if fetch != nil {
				fetch(Mem{Base: ahead})
				ADDQ(step, ahead)
			}
		}
		a.next(n)
		b.next(n)
	}
	k := Load(Param("k"), GP64())
	SUBQ(U8(2), k)
	JLT(LabelRef(name + "_odd"))
	Label(name + "_products")
	products(2)
	SUBQ(U8(2), k)
	JGE(LabelRef(name + "_products"))
	Label(name + "_odd")
	TESTQ(U32(1), k)
	JZ(LabelRef(name + "_end"))
	products(1)
	Label(name + "_end")
	bias := Load(Param("bias"), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef(name + "_store"))
	for j, mask := range masks {
		v := s.Load(Mem{Base: bias, Disp: j * s.Bytes()}, mask)
		for i := range sums {
			VADDPS(v, sums[i][j], sums[i][j])
		}
	}
	Label(name + "_store")
	each(s.Store)
	VZEROUPPER()
	RET()
}

// A matrix has a pointer for every third row; those between are reached by the stride.
type matrix struct {
	pointers []reg.Register
	stride   reg.Register // in bytes
}

func newMatrix(pointer, stride string, rows int) matrix {
	m := matrix{stride: Load(Param(stride), GP64())}
	SHLQ(U8(2), m.stride)
	for i := 0; i < rows; i += 3 {
		p := GP64()
		if i == 0 {
			Load(Param(pointer), p)
		} else {
			last := m.pointers[len(m.pointers)-1]
			LEAQ(Mem{Base: last, Index: m.stride, Scale: 2}, p)
			ADDQ(m.stride, p)
		}
		m.pointers = append(m.pointers, p)
	}
	return m
}

// row is the element of row i in the present column.
func (m matrix) row(i int) Mem {
	at := Mem{Base: m.pointers[i/3]}
	if i%3 > 0 {
		at.Index, at.Scale = m.stride, uint8(i%3)
	}
	return at
}

// next emits the step by so many columns.
func (m matrix) next(columns int) {
	for _, p := range m.pointers {
		ADDQ(U8(4*columns), p)
	}
}

package tile

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// Keys and values lie in blocks of so many positions; a kernel goes from one to the next by itself,
// and has the headers of slices of Go for that.
const (
	positions = 32
	keyBytes  = 4 * positions // of one element of a head, at all positions of a block
	header    = 24            // bytes of a slice's header, which begins with the pointer
)

// EmitScores emits the products of so many rows with whole blocks of keys, in passes of so many
// registers of positions.
func EmitScores(s vector.Set, rows, registers int) {
	name := fmt.Sprintf("scores%d", rows)
	TEXT(name, NOSPLIT, "func(out *float32, ldo int, q *float32, ldq int, keys *[]float32, at, size, blocks int)")
	Doc(name + " is Scores for that many rows.")
	Pragma("noescape")
	b := newBlocks("keys")
	left, column := Load(Param("blocks"), GP64()), GP64()
	XORQ(column, column)
	Label("block")
	for first := 0; first < keyBytes; first += registers * s.Bytes() {
		b.rewind()
		sums := zeros(s, rows, registers)
		q, size := newMatrix("q", "ldq", rows), Load(Param("size"), GP64())
		product := fmt.Sprintf("product%d", first)
		Label(product)
		multiply(s, q, 0, Mem{Base: b.at, Disp: first}, make([]vector.Mask, registers), sums)
		q.next(1)
		ADDQ(U32(keyBytes), b.at)
		DECQ(size)
		JNZ(LabelRef(product))
		out := newMatrix("out", "ldo", rows)
		out.shift(column)
		for i := range sums {
			for j, v := range sums[i] {
				s.Store(v, out.row(i).Offset(first+j*s.Bytes()), nil)
			}
		}
	}
	ADDQ(U32(keyBytes), column)
	b.next()
	DECQ(left)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// EmitMix emits the products of so many rows with the values at the positions that each sees: all
// that the first row does, and one more for each row after it.
func EmitMix(s vector.Set, rows, registers int) {
	most := registers * s.Lanes
	name := fmt.Sprintf("mix%dx%d", rows, most)
	TEXT(name, NOSPLIT, "func(out *float32, ldo int, p *float32, ldp int, values *[]float32, at, size, positions, cols int, add bool)")
	Doc(fmt.Sprintf("%s is Mix for that many rows and %d to %d columns.", name, most-s.Lanes+1, most))
	Pragma("noescape")
	tail := Load(Param("cols"), GP64()).(reg.GPVirtual)
	if registers > 1 {
		SUBQ(U8(most-s.Lanes), tail)
	}
	masks := make([]vector.Mask, registers)
	if s.MasksCost() {
		CMPQ(tail, U8(s.Lanes))
		JNE(LabelRef("masked"))
		mix(s, rows, masks, "full")
		Label("masked")
	}
	masks[registers-1] = s.Masks(tail, 1)[0]
	mix(s, rows, masks, "tail")
}

func mix(s vector.Set, rows int, masks []vector.Mask, name string) {
	sums := zeros(s, rows, len(masks))
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JZ(LabelRef(name + "_begin"))
	before := newMatrix("out", "ldo", rows)
	for i := range sums {
		for j, v := range sums[i] {
			s.LoadTo(v, before.row(i).Offset(j*s.Bytes()), masks[j])
		}
	}
	Label(name + "_begin")
	p, b := newMatrix("p", "ldp", rows), newBlocks("values")
	size, left := Load(Param("size"), GP64()), Load(Param("positions"), GP64())
	SHLQ(U8(2), size)
	n, room := GP64(), GP64() // positions to do in this block, and left in it then
	Label(name + "_block")
	MOVQ(U32(positions), n)
	CMPQ(left, n)
	CMOVQLT(left, n)
	MOVQ(U32(positions), room)
	SUBQ(n, room)
	SUBQ(n, left)
	b.rewind()
	b.next()
	Label(name + "_position")
	multiply(s, p, 0, Mem{Base: b.at}, masks, sums)
	p.next(1)
	ADDQ(size, b.at)
	DECQ(n)
	JNZ(LabelRef(name + "_position"))
	TESTQ(left, left)
	JNZ(LabelRef(name + "_block"))
	for i := 1; i < rows; i++ { // the positions that rows from i on see besides
		inside := fmt.Sprintf("%s_inside%d", name, i)
		TESTQ(room, room)
		JNZ(LabelRef(inside))
		b.rewind()
		b.next()
		MOVQ(U32(positions), room)
		Label(inside)
		DECQ(room)
		multiply(s, p, i, Mem{Base: b.at}, masks, sums)
		p.next(1)
		ADDQ(size, b.at)
	}
	out := newMatrix("out", "ldo", rows)
	for i := range sums {
		for j, v := range sums[i] {
			s.Store(v, out.row(i).Offset(j*s.Bytes()), masks[j])
		}
	}
	VZEROUPPER()
	RET()
}

// zeros emits sums of zero.
func zeros(s vector.Set, rows, registers int) [][]reg.VecVirtual {
	sums := make([][]reg.VecVirtual, rows)
	for i := range sums {
		for range registers {
			v := s.Register()
			s.Zero(v)
			sums[i] = append(sums[i], v)
		}
	}
	return sums
}

// multiply emits sums[i] += a[i]·b for the rows from first on.
func multiply(s vector.Set, a matrix, first int, b Mem, masks []vector.Mask, sums [][]reg.VecVirtual) {
	if len(sums) == 1 { // the row's number is kept, not b
		x := s.Register()
		VBROADCASTSS(a.row(0), x)
		for j, mask := range masks {
			var column Op = b.Offset(j * s.Bytes())
			if mask != nil {
				column = s.Load(b.Offset(j*s.Bytes()), mask)
			}
			VFMADD231PS(column, x, sums[0][j])
		}
		return
	}
	columns := make([]reg.VecVirtual, len(masks))
	for j := range columns {
		columns[j] = s.Load(b.Offset(j*s.Bytes()), masks[j])
	}
	for i := first; i < len(sums); i++ {
		s.MulAdd(a.row(i), columns, sums[i])
	}
}

// blocks are those of a slice of slices, from the same element of each on.
type blocks struct {
	slice reg.Register // the header of the present block's
	at    reg.Register // where in it
}

func newBlocks(slice string) *blocks { return &blocks{slice: Load(Param(slice), GP64()), at: GP64()} }

// rewind emits the beginning of the present block.
func (b *blocks) rewind() {
	MOVQ(Mem{Base: b.slice}, b.at)
	at := Load(Param("at"), GP64())
	LEAQ(Mem{Base: b.at, Index: at, Scale: 4}, b.at)
}

// next emits the step to the next block.
func (b *blocks) next() { ADDQ(U8(header), b.slice) }

// shift emits a step of so many bytes.
func (m matrix) shift(bytes reg.Register) {
	for _, p := range m.pointers {
		ADDQ(bytes, p)
	}
}

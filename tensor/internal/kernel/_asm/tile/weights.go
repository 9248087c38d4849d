package tile

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// float32s are rows of any stride.
type float32s struct {
	vector.Set
	row, stride reg.Register
}

func (*float32s) parameters() string { return "b *float32, ldb" }

func (w *float32s) begin() {
	w.row, w.stride = Load(Param("b"), GP64()), Load(Param("ldb"), GP64())
	SHLQ(U8(2), w.stride)
}

func (w *float32s) load(row, register int, mask vector.Mask) reg.VecVirtual {
	m := Mem{Base: w.row, Disp: register * w.Bytes()}
	if row > 0 {
		m.Index, m.Scale = w.stride, uint8(row)
	}
	return w.Load(m, mask)
}

func (*float32s) masked() bool { return true }

func (w *float32s) next(rows int) { LEAQ(Mem{Base: w.row, Index: w.stride, Scale: uint8(rows)}, w.row) }

// words is how many of 32 bits are in a cache line.
const words = 16

// bfloat16s are a panel, whose row is a cache line: the lower halves of its 16 words are columns 0
// to 15, the upper ones 16 to 31. All 32 are there.
type bfloat16s struct {
	vector.Set
	first, end int // of the columns that are wanted
	row        reg.Register
	upper      reg.VecVirtual // a mask
}

func (*bfloat16s) parameters() string { return "b *uint16" }

func (w *bfloat16s) begin() {
	w.row = Load(Param("b"), GP64())
	if w.end > words {
		w.upper = w.Load(w.Bits(0xffff0000), nil)
	}
}

func (w *bfloat16s) load(row, register int, _ vector.Mask) reg.VecVirtual {
	return w.widen(register, row*words*4)
}

// widen emits a load of a register of columns from the row that is so many bytes ahead: a bfloat16
// is the upper half of a float32.
func (w *bfloat16s) widen(register, ahead int) reg.VecVirtual {
	column := w.first + register*w.Lanes
	m := Mem{Base: w.row, Disp: ahead + column%words*4}
	if column < words {
		return w.ShiftLeft(m, 16)
	}
	return w.And(w.upper, m)
}

func (*bfloat16s) masked() bool { return false }

func (w *bfloat16s) next(rows int) { ADDQ(U8(rows*words*4), w.row) }

package tile

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// EmitTranspose emits the kernel that makes panels of keys that lie row by row, a register's lanes
// of rows and of columns at a time.
func EmitTranspose(s vector.Set) {
	TEXT("transpose", NOSPLIT, "func(out, in *float32, ldi, rows, cols int)")
	Doc("transpose is Transpose for whole registers of rows and of columns, at least one of each.")
	Pragma("noescape")
	out, left := Load(Param("out"), GP64()), Load(Param("rows"), GP64())
	in := newMatrix("in", "ldi", s.Lanes)
	to, cols := GP64(), GP64()
	Label("rows")
	Load(Param("cols"), cols)
	MOVQ(out, to)
	Label("columns")
	rows := make([]reg.VecVirtual, s.Lanes)
	for i := range rows {
		rows[i] = s.Load(in.row(i), nil)
	}
	for i, column := range transposed(s, rows) {
		s.Store(column, Mem{Base: to, Disp: i * keyBytes}, nil)
	}
	step := GP64()
	MOVQ(U32(uint32(s.Bytes())), step)
	in.shift(step)
	ADDQ(U32(uint32(s.Lanes*keyBytes)), to)
	SUBQ(U8(s.Lanes), cols)
	JNZ(LabelRef("columns"))
	back, columns := GP64(), Load(Param("cols"), GP64()) // to the next rows' first column
	Load(Param("ldi"), back)
	IMUL3Q(U8(s.Lanes), back, back)
	SUBQ(columns, back)
	SHLQ(U8(2), back)
	in.shift(back)
	ADDQ(U8(s.Bytes()), out)
	SUBQ(U8(s.Lanes), left)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
}

// transposed emits the transposition of as many registers as one has lanes: pairs of numbers, then
// pairs of pairs are brought together within each 128 bits, and these are then dealt out.
func transposed(s vector.Set, rows []reg.VecVirtual) []reg.VecVirtual {
	pairs, fours := make([]reg.VecVirtual, s.Lanes), make([]reg.VecVirtual, s.Lanes)
	for i := 0; i < s.Lanes; i += 2 {
		pairs[i], pairs[i+1] = combine(s, VUNPCKLPS, rows[i], rows[i+1]), combine(s, VUNPCKHPS, rows[i], rows[i+1])
	}
	for i := 0; i < s.Lanes; i += 4 { // fours[i+c] has columns c, 4+c, … of rows i to i+3
		for half := range 2 {
			fours[i+2*half] = combine(s, VUNPCKLPD, pairs[i+half], pairs[i+2+half])
			fours[i+2*half+1] = combine(s, VUNPCKHPD, pairs[i+half], pairs[i+2+half])
		}
	}
	columns := make([]reg.VecVirtual, s.Lanes)
	for c := range 4 {
		if s.Lanes == vector.AVX2.Lanes {
			columns[c], columns[4+c] = s.Register(), s.Register()
			VPERM2F128(U8(0x20), fours[4+c], fours[c], columns[c]) // the lower halves
			VPERM2F128(U8(0x31), fours[4+c], fours[c], columns[4+c])
			continue
		}
		const even, odd = 0x88, 0xdd // of the quarters of both
		for first, which := range []uint64{even, odd} {
			a, b := quarters(which, fours[c], fours[4+c]), quarters(which, fours[8+c], fours[12+c])
			columns[4*first+c], columns[4*(2+first)+c] = quarters(even, a, b), quarters(odd, a, b)
		}
	}
	return columns
}

func combine(s vector.Set, instruction func(...Op), x, y reg.VecVirtual) reg.VecVirtual {
	out := s.Register()
	instruction(y, x, out)
	return out
}

func quarters(which uint64, x, y reg.VecVirtual) reg.VecVirtual {
	out := ZMM()
	VSHUFF32X4(U8(which), y, x, out)
	return out
}

// EmitFetch emits the prefetches of memory into the second cache.
func EmitFetch() {
	TEXT("fetch", NOSPLIT, "func(memory *float32, lines int)")
	Doc("fetch fetches so many cache lines, at least one.")
	Pragma("noescape")
	at, left := Load(Param("memory"), GP64()), Load(Param("lines"), GP64())
	Label("line")
	PREFETCHT1(Mem{Base: at})
	ADDQ(U8(64), at)
	DECQ(left)
	JNZ(LabelRef("line"))
	RET()
}

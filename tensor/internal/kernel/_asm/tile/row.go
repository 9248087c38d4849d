package tile

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// panelColumns is the width of a panel.
const panelColumns = 32

// EmitRow emits the kernels of one row and of whole panels that lie one behind the other. They wait
// for memory: so they go through it line by line without a stop, as the processor fetches ahead. That
// ends with a page, so a line of the next page is asked for now and then; to ask for more is slower.
func EmitRow(s vector.Set) {
	row(s, "row", "float32", 4, func(b reg.Register, at int, x reg.VecVirtual, sums []reg.VecVirtual) {
		for j, sum := range sums {
			VFMADD231PS(Mem{Base: b, Disp: at + j*s.Bytes()}, x, sum)
		}
	})
	var w bfloat16s
	row(s, "rowBF16", "uint16", 2, func(b reg.Register, at int, x reg.VecVirtual, sums []reg.VecVirtual) {
		if w.row != b {
			w = bfloat16s{Set: s, row: b, upper: s.Load(s.Bits(0xffff0000), nil)}
		}
		for j, sum := range sums {
			VFMADD231PS(w.widen(j, at), x, sum)
		}
	})
}

func row(s vector.Set, name, number string, bytes int, multiply func(b reg.Register, at int, x reg.VecVirtual, sums []reg.VecVirtual)) {
	const together = 4 // inputs
	TEXT(name, NOSPLIT, "func(out, a *float32, b *"+number+", k, panels int, bias *float32)")
	Doc(name + " is Row for so many panels, of which there is at least one.")
	Pragma("noescape")
	out, b := Load(Param("out"), GP64()), Load(Param("b"), GP64())
	panels, bias := Load(Param("panels"), GP64()), Load(Param("bias"), GP64())
	sums := make([]reg.VecVirtual, panelColumns/s.Lanes)
	for j := range sums {
		sums[j] = s.Register()
	}
	line := panelColumns * bytes
	a, k, x := GP64(), GP64(), s.Register()
	product := func(i int) {
		VBROADCASTSS(Mem{Base: a, Disp: 4 * i}, x)
		multiply(b, i*line, x, sums)
	}
	step := func(n int) {
		ADDQ(U8(4*n), a)
		ADDQ(U32(uint32(n*line)), b)
	}
	if bytes == 2 { // what the loops need is loaded before them
		multiply(b, 0, x, nil)
	}
	Label("panel")
	for _, v := range sums {
		s.Zero(v)
	}
	Load(Param("a"), a)
	Load(Param("k"), k)
	SUBQ(U8(together), k)
	JLT(LabelRef("rest"))
	Label("products")
	PREFETCHT1(Mem{Base: b, Disp: vector.Page})
	for i := range together {
		product(i)
	}
	step(together)
	SUBQ(U8(together), k)
	JGE(LabelRef("products"))
	Label("rest")
	ADDQ(U8(together), k)
	JZ(LabelRef("end"))
	Label("product")
	product(0)
	step(1)
	DECQ(k)
	JNZ(LabelRef("product"))
	Label("end")
	TESTQ(bias, bias)
	JZ(LabelRef("store"))
	for j, v := range sums {
		VADDPS(Mem{Base: bias, Disp: j * s.Bytes()}, v, v)
	}
	ADDQ(U32(4*panelColumns), bias)
	Label("store")
	for j, v := range sums {
		s.Store(v, Mem{Base: out, Disp: j * s.Bytes()}, nil)
	}
	ADDQ(U32(4*panelColumns), out)
	DECQ(panels)
	JNZ(LabelRef("panel"))
	VZEROUPPER()
	RET()
}

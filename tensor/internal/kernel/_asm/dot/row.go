package dot

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// emitRow emits a kernel of one row and of whole panels that lie one behind the other. It waits for
// memory: so it goes through it line by line without a stop, as the kernels of float32 do, and each
// trip asks for a line of the next page.
func emitRow(k kernel) {
	name := fmt.Sprintf("row%d", k.bits)
	TEXT(name, NOSPLIT, "func(out *float32, a, w *byte, trips, group, panels int, bias *float32)")
	Doc(fmt.Sprintf("%s is pure.Row%d for so many panels, of which there is at least one.", name, k.bits))
	Pragma("noescape")
	k.rows, k.fetch = 1, vector.Page
	k.allocate()
	k.set.begin(&k)
	out, bias, panels := Load(Param("out"), GP64()), Load(Param("bias"), GP64()), Load(Param("panels"), GP64())
	k.a = matrix{pointers: []reg.Register{GP64()}}
	k.w, k.group = Load(Param("w"), GP64()), Load(Param("group"), GP64())
	k.left, k.inside = GP64(), GP64()
	Label("panel")
	Load(Param("a"), k.a.pointers[0])
	Load(Param("trips"), k.left)
	k.groups()
	k.scale()
	if k.bits == 8 {
		ADDQ(I32(line), k.w)
	}
	TESTQ(bias, bias)
	JZ(LabelRef("unbiased"))
	k.bias(bias)
	ADDQ(I32(line), bias)
	Label("unbiased")
	k.each(func(i, j int) { VMOVUPS(k.totals[i][j], Mem{Base: out, Disp: j * k.apart}) })
	ADDQ(I32(line), out)
	DECQ(panels)
	JNZ(LabelRef("panel"))
	VZEROUPPER()
	RET()
}

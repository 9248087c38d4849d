package tiles

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Widen emits the kernel that makes bytes of weights of 4 bits.
func Widen() {
	TEXT("widen", NOSPLIT, "func(to, w *byte, groups int)")
	Doc("widen is Widen for so many groups.")
	Pragma("noescape")
	to, w, n := param("to"), param("w"), param("groups")
	mask := GP32()
	lower, upper := ZMM(), ZMM()
	MOVL(U32(0x0f0f0f0f), mask)
	VPBROADCASTD(mask, lower)
	MOVL(U32(0xffff0000), mask)
	VPBROADCASTD(mask, upper)
	const packed = inputs / 8 // lines, of eight inputs
	Label("group")
	for i := range packed {
		for j := range 2 {
			in, first, second := Mem{Base: w, Disp: i*line + j*half}, ZMM(), ZMM()
			VPANDD(in, lower, first)
			VPSRLW(U8(4), in, second)
			VPANDD(second, lower, second)
			for k, v := range []reg.VecVirtual{first, second} {
				VMOVDQU64(v, Mem{Base: to, Disp: (2*i+k)*line + j*half})
			}
		}
	}
	scales, even, odd := Mem{Base: w, Disp: packed * line}, ZMM(), ZMM()
	VPSLLD(U8(16), scales, even)
	VPANDD(scales, upper, odd)
	VMOVUPS(even, Mem{Base: to, Disp: 2 * packed * line})
	VMOVUPS(odd, Mem{Base: to, Disp: 2*packed*line + half})
	ADDQ(U32(packed*line+half), w)
	ADDQ(U32((2*packed+1)*line), to)
	DECQ(n)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

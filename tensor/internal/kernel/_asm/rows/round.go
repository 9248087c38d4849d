package rows

import (
	"sync"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// EmitRoundBlocks emits Round for blocks of 64 with AVX-512 and its dot product of bytes, which adds them up.
func EmitRoundBlocks() {
	const registers = 4
	begin("roundBlocks", "func(to *byte, x *float32, scale float32, blocks int) (sum int32)", " of Round, for so many blocks of 64, of which there is at least one.")
	s := vector.AVX512
	to, x, blocks, scale := integer("to"), integer("x"), integer("blocks"), broadcast(s, "scale")
	order, ones, sums := s.Load(fours(), nil), s.Broadcast(0x01010101), s.Register()
	s.Zero(sums)
	Label("block")
	var q [registers]reg.VecVirtual
	for i := range q {
		q[i] = s.Mul(scale, Mem{Base: x, Disp: i * s.Bytes()})
		VCVTPS2DQ(q[i], q[i])
	}
	bytes := pack(q[:], order)
	VPDPBUSD(bytes, ones, sums)
	VMOVDQU64(bytes, Mem{Base: to})
	ADDQ(U32(registers*s.Bytes()), x)
	ADDQ(U8(s.Bytes()), to)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	sum := word([]reg.VecVirtual{sums}, VPADDD)
	VZEROUPPER()
	Store(sum, ReturnIndex(0))
	RET()
}

// pack emits the packing of the words of four registers, which hold bytes, into one.
func pack(q []reg.VecVirtual, order reg.VecVirtual) reg.VecVirtual {
	VPACKSSDW(q[1], q[0], q[0])
	VPACKSSDW(q[3], q[2], q[2])
	VPACKSSWB(q[2], q[0], q[0])
	VPERMD(q[0], order, q[0])
	return q[0]
}

var fours = sync.OnceValue(newFours)

// newFours is the order that undoes the one in which packing leaves the fours of 64 bytes.
func newFours() Mem {
	m := GLOBL("fours", attr.RODATA|attr.NOPTR)
	for i := range 16 {
		DATA(4*i, U32(4*(i%4)+i/4))
	}
	return m
}

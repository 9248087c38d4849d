package rows

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// EmitGroups emits the kernel that makes integers of groups of that many float32s, those without a sign times others if
// there are any, with AVX-512 and its dot product of bytes, which adds them up. A group stays in registers.
func EmitGroups(size int) {
	name := fmt.Sprintf("groups%d", size)
	TEXT(name, NOSPLIT, "func(q, start, scale *byte, qStep, wordStep int, x *float32, xStep int, times *float32, groups, offset int)")
	Doc(fmt.Sprintf("%s is Groups for groups of %d.", name, size))
	Pragma("noescape")
	var (
		q, start, scale = integer("q"), integer("start"), integer("scale")
		qStep, wordStep = integer("qStep"), integer("wordStep")
		x, xStep        = integer("x"), integer("xStep")
		times           = integer("times")
		groups, offset  = integer("groups"), integer("offset")
	)
	const least, most, none = 0x1p-118, math.MaxFloat32, 0x7fc00000
	s := vector.AVX512
	v := make([]reg.VecVirtual, size/lanes)
	order, ones := s.Load(fours(), nil), s.Broadcast(0x01010101)
	Label("group")
	for i := range v {
		v[i] = ZMM()
		VMOVUPS(Mem{Base: x, Disp: i * 4 * lanes}, v[i])
	}
	TESTQ(times, times)
	JZ(LabelRef("alone"))
	for i := range v {
		unsigned := K()
		VPTESTNMD(s.Bits(1<<31), v[i], unsigned)
		VMULPS(Mem{Base: times, Disp: i * 4 * lanes}, v[i], unsigned, v[i])
	}
	Label("alone")
	var magnitudes [4]reg.VecVirtual
	for i := range v {
		m := s.And(v[i], s.Bits(math.MaxInt32))
		if i >= len(magnitudes) {
			VPMAXUD(magnitudes[i%len(magnitudes)], m, m)
		}
		magnitudes[i%len(magnitudes)] = m
	}
	for n := len(magnitudes) / 2; n > 0; n /= 2 {
		for i := range n {
			VPMAXUD(magnitudes[i+n], magnitudes[i], magnitudes[i])
		}
	}
	largest := word(magnitudes[:1], VPMAXUD)
	normal := GP32()
	LEAL(Mem{Base: largest, Disp: -int(math.Float32bits(least))}, normal)
	CMPL(normal, U32(math.Float32bits(most)-math.Float32bits(least)))
	JHI(LabelRef("odd"))
	most1, inverse, by := XMM(), XMM(), ZMM()
	VMOVD(largest, most1)
	VMOVSS(s.Number(127), inverse)
	VDIVSS(most1, inverse, inverse)
	VMULSS(s.Number(1.0/127), most1, most1)
	VMOVSS(most1, Mem{Base: scale})
	VBROADCASTSS(inverse, by)
	sums := s.Register()
	s.Zero(sums)
	for i := range v {
		VMULPS(by, v[i], v[i])
		VCVTPS2DQ(v[i], v[i])
	}
	for i := 0; i < len(v); i += 4 {
		bytes := pack(v[i:i+4], order)
		VPDPBUSD(bytes, ones, sums)
		VMOVDQU64(bytes, Mem{Base: q, Disp: i * lanes})
	}
	sum := word([]reg.VecVirtual{sums}, VPADDD)
	IMULL(offset.As32(), sum)
	NEGL(sum)
	MOVL(sum, Mem{Base: start})
	Label("next")
	ADDQ(qStep, q)
	ADDQ(wordStep, start)
	ADDQ(wordStep, scale)
	ADDQ(xStep, x)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()

	Label("odd") // next to nothing, or not finite: zeros
	zero, bits := XMM(), GP32()
	VPXOR(zero, zero, zero)
	for i := range v {
		VMOVDQU(zero, Mem{Base: q, Disp: i * lanes})
	}
	MOVL(U32(0), Mem{Base: start})
	MOVL(U32(0), bits)
	CMPL(largest, U32(math.Float32bits(most)))
	JLS(LabelRef("scaled"))
	MOVL(U32(none), bits)
	Label("scaled")
	MOVL(bits, Mem{Base: scale})
	JMP(LabelRef("next"))
}

package rows

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// EmitGroups emits the kernel that makes integers of groups of that many float32s, those without a sign times others if
// there are any, with AVX-512. A group stays in registers.
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
	constant := func(bits uint32) reg.VecVirtual {
		c, v := GP32(), ZMM()
		MOVL(U32(bits), c)
		VPBROADCASTD(c, v)
		return v
	}
	const least, most, none = 0x1p-118, math.MaxFloat32, 0x7fc00000
	sign := constant(1 << 31)
	magnitude, most127, inverse127 := constant(math.MaxInt32), constant(math.Float32bits(127)), constant(math.Float32bits(1.0/127))
	v := make([]reg.VecVirtual, size/lanes)
	tree := func(operation func(...Op), first func(i int) reg.VecVirtual) reg.GPVirtual {
		sums := make([]reg.VecVirtual, len(v))
		for i := range sums {
			sums[i] = first(i)
		}
		for n := len(sums) / 2; n > 0; n /= 2 {
			for i := range n {
				operation(sums[i+n], sums[i], sums[i])
			}
		}
		result := GP32()
		VMOVD(combine(sums[:1], operation), result)
		return result
	}
	Label("group")
	for i := range v {
		v[i] = ZMM()
		VMOVUPS(Mem{Base: x, Disp: i * 4 * lanes}, v[i])
	}
	TESTQ(times, times)
	JZ(LabelRef("alone"))
	for i := range v {
		unsigned := K()
		VPTESTNMD(sign, v[i], unsigned)
		VMULPS(Mem{Base: times, Disp: i * 4 * lanes}, v[i], unsigned, v[i])
	}
	Label("alone")
	largest := tree(func(ops ...Op) { VPMAXUD(ops...) }, func(i int) reg.VecVirtual {
		a := ZMM()
		VPANDD(v[i], magnitude, a)
		return a
	})
	normal := GP32()
	LEAL(Mem{Base: largest, Disp: -int(math.Float32bits(least))}, normal)
	CMPL(normal, U32(math.Float32bits(most)-math.Float32bits(least)))
	JHI(LabelRef("odd"))
	most1, inverse, by := XMM(), XMM(), ZMM()
	VMOVD(largest, most1)
	VDIVSS(most1, most127.AsX(), inverse)
	VMULSS(inverse127.AsX(), most1, most1)
	VMOVSS(most1, Mem{Base: scale})
	VBROADCASTSS(inverse, by)
	for i := range v {
		VMULPS(by, v[i], v[i])
		VCVTPS2DQ(v[i], v[i])
		VPMOVDB(v[i], Mem{Base: q, Disp: i * lanes})
	}
	sum := tree(func(ops ...Op) { VPADDD(ops...) }, func(i int) reg.VecVirtual { return v[i] })
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

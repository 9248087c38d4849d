package rows

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// largestMagnitude compares bits, in whose order infinity and no number come last.
func largestMagnitude(s vector.Set) {
	begin("MaxAbs", "func(x []float32) float32", ".")
	x, most := base("x"), newLanes(s, 0)
	forEach(s, "x", func(e step) {
		VPMAXUD(s.And(s.Load(e.of(x), e.mask), s.Bits(math.MaxInt32)), most[e.lane], most[e.lane])
	})
	reduce(most, VPMAXUD)
}

// EmitWords emits the kernel that only AVX2 needs.
func EmitWords(s vector.Set) { round(s, true) }

// round emits Round, for words RoundWords.
func round(s vector.Set, words bool) {
	name, bytes := "Round", lanes
	if words {
		name, bytes = "RoundWords", 2*lanes
	}
	begin(name, "func(to []byte, x []float32, scale float32) (sum int32)", ".")
	to, x, scale, sums := base("to"), base("x"), broadcast(s, "scale"), newLanes(s, 0)
	var parts []reg.VecVirtual
	var order Mem
	if !words && s.Lanes < lanes {
		order = quarters()
	}
	forEach(s, "x", func(e step) {
		q := s.Mul(s.Load(e.of(x), e.mask), scale)
		VCVTPS2DQ(q, q)
		VPADDD(q, sums[e.lane], sums[e.lane])
		parts = append(parts[:e.lane], q)
		if len(parts) < lanes/s.Lanes {
			return
		}
		switch {
		case len(parts) == 1:
			VPMOVDB(q, Mem{Base: to})
		case words:
			const odd = 0<<0 | 2<<2 | 1<<4 | 3<<6 // the middle two of four change places
			VPACKSSDW(q, parts[0], q)
			VPSHUFLW(U8(odd), q, q)
			VPSHUFHW(U8(odd), q, q)
			VPERMQ(U8(odd), q, q)
			VMOVDQU(q, Mem{Base: to})
		default:
			VPACKSSDW(q, parts[0], q)
			VPACKSSWB(q, q, q)
			y := YMM()
			VMOVDQU(order, y)
			VPERMD(q, y, q)
			VMOVDQU(q.AsX(), Mem{Base: to})
		}
		ADDQ(U8(bytes), to)
	})
	sum := word(sums, VPADDD)
	VZEROUPPER()
	Store(sum, ReturnIndex(0))
	RET()
}

// quarters is the order in which VPACKSSDW and VPACKSSWB leave the fours of 16 bytes.
func quarters() Mem {
	m := GLOBL("quarters", attr.RODATA|attr.NOPTR)
	for i, from := range []uint32{0, 4, 1, 5, 0, 4, 1, 5} {
		DATA(4*i, U32(from))
	}
	return m
}

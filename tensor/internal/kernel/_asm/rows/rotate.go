package rows

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// rotated is how many numbers are turned together.
const rotated = 64

// rotate emits Rotate for whole blocks, each of which stays in registers.
func rotate(s vector.Set) {
	begin("rotate", "func(out, x *float32, blocks int) float32", " for so many whole blocks, of which there is at least one.")
	out, x, blocks := integer("out"), integer("x"), integer("blocks")
	signs := map[int]reg.VecVirtual{}
	for h := 1; h < s.Lanes; h *= 2 {
		signs[h] = s.Load(alternate(s, h), nil)
	}
	v, most := make([]reg.VecVirtual, rotated/s.Lanes), newLanes(s, 0)
	Label("block")
	for i := range v {
		v[i] = s.Load(Mem{Base: x, Disp: i * s.Bytes()}, nil)
	}
	for h := 1; h < s.Lanes; h *= 2 {
		for _, lower := range v {
			other := swap(s, lower, h)
			VFMADD213PS(other, signs[h], lower) // a + b where the sign is +, else b − a from the other side
		}
	}
	for h := 1; h < len(v); h *= 2 {
		for i := range v {
			if i&h == 0 {
				sum := s.Add(v[i], v[i+h])
				VSUBPS(v[i+h], v[i], v[i+h])
				v[i] = sum
			}
		}
	}
	for i := range v {
		s.Store(v[i], Mem{Base: out, Disp: i * s.Bytes()}, nil)
		lane := most[i%len(most)]
		VPMAXUD(s.And(v[i], s.Bits(math.MaxInt32)), lane, lane)
	}
	ADDQ(U32(rotated*4), x)
	ADDQ(U32(rotated*4), out)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	reduce(most, VPMAXUD)
}

// swap emits lanes i and i+h in each other's place.
func swap(s vector.Set, v reg.VecVirtual, h int) reg.VecVirtual {
	out := s.Register()
	const neighbours, pairs = 0xb1, 0x4e
	switch {
	case h == 1:
		VPERMILPS(U8(neighbours), v, out)
	case h == 2:
		VPERMILPS(U8(pairs), v, out)
	case h == 4 && s.Lanes == lanes:
		VSHUFF32X4(U8(neighbours), v, v, out)
	case h == 4:
		VPERM2F128(U8(1), v, v, out)
	default:
		VSHUFF32X4(U8(pairs), v, v, out)
	}
	return out
}

// alternate is h ones, h times −1, and so on.
func alternate(s vector.Set, h int) Mem {
	m := GLOBL(fmt.Sprintf("alternate%d", h), attr.RODATA|attr.NOPTR)
	for i := range s.Lanes {
		sign := float32(1)
		if i&h != 0 {
			sign = -1
		}
		DATA(4*i, U32(math.Float32bits(sign)))
	}
	return m
}

package dot

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// AVX2 emits the kernel for AVX2, where no sum saturates: weights of 8 bits are widened to words,
// which meet activations that are words, the first and third of a quad before the others. Nibbles
// are multiplied as bytes. Its outputs are eight of a panel and the eight that lie half a panel further.
func AVX2(bits, rows int) {
	emit(fmt.Sprintf("dot%dx%d", bits, rows), newAVX2(bits, rows, 2))
}

// RowAVX2 emits the kernel of one row, which goes through whole lines of a panel.
func RowAVX2(bits int) { emitRow(newAVX2(bits, 1, 4)) }

func newAVX2(bits, rows, registers int) kernel {
	return kernel{bits: bits, rows: rows, registers: registers, apart: line / registers, set: &avx2{Set: vector.AVX2}}
}

type avx2 struct {
	vector.Set
	w, a [2]reg.VecVirtual
}

func (s *avx2) vectors() vector.Set { return s.Set }

func (s *avx2) begin(*kernel) {
	for i := range s.w {
		s.w[i], s.a[i] = YMM(), YMM()
	}
}

// trip emits, for the two halves of a word or byte of weights, the products with their
// activations, added before they are added to the sums.
func (s *avx2) trip(k *kernel) {
	loads := quads * k.bits / 8
	for l := range loads {
		for j := range k.registers {
			s.load(k, Mem{Base: k.w, Disp: l*line + j*k.apart})
			for i := range k.rows {
				at := l * 2 * word
				s.multiply(k, k.a.row(i, at), k.a.row(i, at+word))
				VPADDD(s.a[0], k.sums[i][j], k.sums[i][j])
			}
		}
	}
	k.a.next(loads * 2 * word)
	ADDQ(I32(loads*line), k.w)
}

// load emits the two halves of weights.
func (s *avx2) load(k *kernel, m Mem) {
	VMOVDQU(m, s.w[1])
	if k.bits == 8 {
		VPAND(s.Bits(0x00ff00ff), s.w[1], s.w[0])
		VPSRLW(U8(8), s.w[1], s.w[1])
		return
	}
	VPAND(s.Bits(0x0f0f0f0f), s.w[1], s.w[0])
	VPSRLW(U8(4), s.w[1], s.w[1])
	VPAND(s.Bits(0x0f0f0f0f), s.w[1], s.w[1])
}

// multiply leaves the sums of the products with the activations there in a[0].
func (s *avx2) multiply(k *kernel, activations ...Mem) {
	for half, m := range activations {
		VPBROADCASTD(m, s.a[half])
		if k.bits == 8 {
			VPMADDWD(s.w[half], s.a[half], s.a[half])
		} else {
			VPMADDUBSW(s.a[half], s.w[half], s.a[half])
		}
	}
	if k.bits == 8 {
		VPADDD(s.a[1], s.a[0], s.a[0])
	} else {
		VPADDW(s.a[1], s.a[0], s.a[0])
		VPMADDWD(s.Bits(0x00010001), s.a[0], s.a[0])
	}
}

func (s *avx2) scales(k *kernel) (list []reg.VecVirtual) {
	for range k.registers {
		list = append(list, YMM())
	}
	for j, lower := range list[:k.registers/2] {
		upper := list[k.registers/2+j]
		VMOVDQU(Mem{Base: k.w, Disp: j * k.apart}, upper)
		VPSLLD(U8(16), upper, lower)
		VPAND(s.Bits(0xffff0000), upper, upper)
	}
	ADDQ(U8(line/2), k.w)
	return list
}

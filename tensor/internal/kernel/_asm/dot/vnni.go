package dot

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// VNNI emits the kernel for AVX-512 with its dot product of bytes. The weights are its unsigned
// operand, which is loaded once for all rows; four activations are broadcast.
func VNNI(bits, rows int) {
	emit(fmt.Sprintf("dot%dx%d", bits, rows), newVNNI(bits, rows))
}

// FarVNNI is VNNI for weights that come from memory faster than the first cache can ask for them: it
// fetches them into the second.
func FarVNNI(bits, rows int) {
	k := newVNNI(bits, rows)
	k.set = &vnni{far: true}
	emit(fmt.Sprintf("dot%dx%dfar", bits, rows), k)
}

// FetchedFrom is the fewest rows that fetch the next panel. One with fewer waits for its own, which
// the processor fetches by itself: to ask for it would be slower.
const FetchedFrom = 4

// RowVNNI emits the kernel of one row.
func RowVNNI(bits int) { emitRow(newVNNI(bits, 1)) }

func newVNNI(bits, rows int) kernel {
	return kernel{bits: bits, rows: rows, registers: 2, apart: vector.AVX512.Bytes(), set: &vnni{}}
}

type vnni struct {
	w    []reg.VecVirtual
	mask reg.VecVirtual // of the lower nibbles
	far  bool           // into the second cache
}

func (*vnni) vectors() vector.Set { return vector.AVX512 }

func (v *vnni) begin(k *kernel) {
	v.w = []reg.VecVirtual{ZMM(), ZMM()}
	if k.bits == 4 {
		v.mask = ZMM()
		fill(0x0f0f0f0f, v.mask)
	}
}

func (v *vnni) trip(k *kernel) {
	for q := range quads {
		for j, w := range v.w {
			v.load(k, q, j*k.apart, w)
		}
		for i, sums := range k.sums {
			a := ZMM()
			VPBROADCASTD(k.a.row(i, q*word), a)
			for j, sum := range sums {
				VPDPBUSD(a, v.w[j], sum)
			}
		}
		if k.rows >= FetchedFrom {
			v.fetch(k)
			ADDQ(k.step, k.ahead)
		}
	}
	k.a.next(quads * word)
	ADDQ(I32(quads*line*k.bits/8), k.w)
}

// fetch emits the fetching of the lines that a quad takes.
func (v *vnni) fetch(k *kernel) {
	if !v.far {
		PREFETCHT0(Mem{Base: k.ahead})
		return
	}
	for j := range k.registers {
		PREFETCHT1(Mem{Base: k.ahead, Disp: j * k.apart})
	}
}

// load emits the unsigned weights of quad q.
func (v *vnni) load(k *kernel, q, at int, w reg.VecVirtual) {
	switch {
	case k.bits == 8:
		VMOVDQU64(Mem{Base: k.w, Disp: q*line + at}, w)
	case q%2 == 0:
		VPANDD(Mem{Base: k.w, Disp: q/2*line + at}, v.mask, w)
	default:
		VPSRLW(U8(4), Mem{Base: k.w, Disp: q/2*line + at}, w)
		VPANDD(w, v.mask, w)
	}
}

func (v *vnni) scales(k *kernel) []reg.VecVirtual {
	VPSLLD(U8(16), Mem{Base: k.w}, v.w[0])
	fill(0xffff0000, v.w[1])
	VPANDD(Mem{Base: k.w}, v.w[1], v.w[1])
	ADDQ(U8(line/2), k.w)
	return v.w
}

// fill emits the same word in every lane.
func fill(bits uint32, v reg.VecVirtual) {
	b := GP32()
	MOVL(U32(bits), b)
	VPBROADCASTD(b, v)
}

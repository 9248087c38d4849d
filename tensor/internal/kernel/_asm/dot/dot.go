// Package dot emits the micro-kernels of products with integer weights, and those that make
// integers of the activations. Package kernel says how both lie in memory.
package dot

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

const (
	quads = 4   // of inputs in a trip
	line  = 128 // bytes of four weights of 8 bits, or eight of 4, for each of 32 outputs
	word  = 4   // bytes of a sum, a scale, or four activations
)

// A kernel is one that is being emitted: for weights of so many bits and so many rows, with so
// many registers of outputs, whose sums of a group and of all groups have registers each.
type kernel struct {
	bits, rows, registers int
	set                   set
	apart                 int                // bytes from one register's outputs to the next one's
	sums, totals          [][]reg.VecVirtual // int32, float32
	a                     matrix             // activations
	w, ahead, step        reg.Register
	group, left, inside   reg.Register // trips
	fetch                 int          // a line so many bytes ahead of a trip's; 0 is none
}

// A set is how an instruction set multiplies.
type set interface {
	vectors() vector.Set
	begin(k *kernel)
	trip(k *kernel)
	scales(k *kernel) []reg.VecVirtual // of a group of weights of 4 bits
}

// emit emits a kernel under that name.
func emit(name string, k kernel) {
	TEXT(name, NOSPLIT, "func(out *float32, ldo int, a *byte, lda int, w *byte, trips, group int, bias *float32, add bool, result *float32, ldr int, ahead *byte, step int)")
	Doc(fmt.Sprintf("%s is pure.Dot%d for that many rows and outputs.", name, k.bits))
	Pragma("noescape")
	k.allocate()
	k.set.begin(&k)
	result := newMatrix("result", "ldr", k.rows) // is then there when the totals are
	k.each(func(i, j int) { PREFETCHT0(result.row(i, j*k.apart)) })
	k.a = newMatrix("a", "lda", k.rows)
	k.w, k.ahead, k.step = Load(Param("w"), GP64()), Load(Param("ahead"), GP64()), Load(Param("step"), GP64())
	k.left, k.group, k.inside = Load(Param("trips"), GP64()), Load(Param("group"), GP64()), GP64()
	k.groups()
	k.finish()
	VZEROUPPER()
	RET()
}

// allocate gives every sum and total a register.
func (k *kernel) allocate() {
	s := k.set.vectors()
	for range k.rows {
		var sums, totals []reg.VecVirtual
		for range k.registers {
			sums, totals = append(sums, s.Register()), append(totals, s.Register())
		}
		k.sums, k.totals = append(k.sums, sums), append(k.totals, totals)
	}
}

// groups emits the totals of all groups.
func (k *kernel) groups() {
	k.each(func(i, j int) { k.set.vectors().Zero(k.totals[i][j]) })
	Label("group")
	k.start()
	Label("trip")
	if k.fetch > 0 {
		PREFETCHT1(Mem{Base: k.w, Disp: k.fetch})
	}
	k.set.trip(k)
	DECQ(k.inside)
	JNZ(LabelRef("trip"))
	k.add()
	TESTQ(k.left, k.left)
	JNZ(LabelRef("group"))
}

// each calls do for every register of sums.
func (k *kernel) each(do func(i, j int)) {
	for i := range k.rows {
		for j := range k.registers {
			do(i, j)
		}
	}
}

// start emits the beginning of a group: the sums start at what takes the weights' offset out.
func (k *kernel) start() {
	MOVQ(k.group, k.inside)
	CMPQ(k.left, k.inside)
	CMOVQLT(k.left, k.inside)
	SUBQ(k.inside, k.left)
	k.each(func(i, j int) { VPBROADCASTD(k.a.row(i, 0), k.sums[i][j]) })
	k.a.next(word)
}

// add emits the end of a group: its sums times its scales are added to the totals.
func (k *kernel) add() {
	var scales []reg.VecVirtual
	if k.bits == 4 {
		scales = k.set.scales(k)
	}
	scale := k.set.vectors().Register()
	for i := range k.rows {
		VBROADCASTSS(k.a.row(i, 0), scale)
		for j, s := range k.sums[i] {
			VCVTDQ2PS(s, s)
			if scales != nil {
				VMULPS(scales[j], s, s)
			}
			VFMADD231PS(s, scale, k.totals[i][j])
		}
	}
	k.a.next(word)
}

// finish emits the results: the totals, scaled, and the bias and what is in out, where these are to
// be added.
func (k *kernel) finish() {
	out := newMatrix("out", "ldo", k.rows)
	k.scale()
	bias := Load(Param("bias"), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef("unbiased"))
	k.bias(bias)
	Label("unbiased")
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JZ(LabelRef("alone"))
	k.each(func(i, j int) { VADDPS(out.row(i, j*k.apart), k.totals[i][j], k.totals[i][j]) })
	Label("alone")
	k.each(func(i, j int) { VMOVUPS(k.totals[i][j], out.row(i, j*k.apart)) })
}

// scale emits the outputs' scales, where those are not of groups.
func (k *kernel) scale() {
	if k.bits == 8 {
		k.each(func(i, j int) { VMULPS(Mem{Base: k.w, Disp: j * k.apart}, k.totals[i][j], k.totals[i][j]) })
	}
}

func (k *kernel) bias(at reg.Register) {
	k.each(func(i, j int) { VADDPS(Mem{Base: at, Disp: j * k.apart}, k.totals[i][j], k.totals[i][j]) })
}

// A matrix has a pointer for every third row; those between are reached by the stride, in bytes.
type matrix struct {
	pointers []reg.Register
	stride   reg.Register
}

func newMatrix(pointer, stride string, rows int) matrix {
	m := matrix{stride: Load(Param(stride), GP64())}
	for i := 0; i < rows; i += 3 {
		p := GP64()
		if i == 0 {
			Load(Param(pointer), p)
		} else {
			last := m.pointers[len(m.pointers)-1]
			LEAQ(Mem{Base: last, Index: m.stride, Scale: 2}, p)
			ADDQ(m.stride, p)
		}
		m.pointers = append(m.pointers, p)
	}
	return m
}

// row is what lies so many bytes on in row i.
func (m matrix) row(i, at int) Mem {
	e := Mem{Base: m.pointers[i/3], Disp: at}
	if i%3 > 0 {
		e.Index, e.Scale = m.stride, uint8(i%3)
	}
	return e
}

// next emits the step of so many bytes.
func (m matrix) next(bytes int) {
	for _, p := range m.pointers {
		ADDQ(U8(bytes), p)
	}
}

// Package rows emits the kernels that go along a row, in steps of 16 elements: so a sum has the
// same 16 lanes whatever the width of a register.
package rows

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

const lanes = 16

// Emit emits them all.
func Emit(s vector.Set) {
	add(s)
	scaleTo(s)
	sum(s)
	sumSquares(s)
	normalize(s)
	largest(s)
	residue(s)
	expSum(s)
	largestMagnitude(s)
	round(s, false)
	activation(s, "GELUTanh", geluTanh)
	activation(s, "ReLU", relu)
	activation(s, "SiLU", silu)
	activation(s, "Tanh", tanh)
}

// begin begins a kernel.
func begin(name, signature, doc string) {
	TEXT(name, NOSPLIT, signature)
	Doc(name + " is pure." + name + doc)
	Pragma("noescape")
}

// A step is the elements of one register: their offset, lane by lane in a sum, and their mask.
type step struct {
	at   reg.GPVirtual // in bytes
	lane int           // of the first, in registers
	disp int
	mask vector.Mask
}

// of is the step's elements of a slice.
func (e step) of(base reg.Register) Mem { return Mem{Base: base, Index: e.at, Scale: 1, Disp: e.disp} }

func base(name string) reg.Register { return Load(Param(name).Base(), GP64()) }

// forEach emits the loop over the elements of a slice.
func forEach(s vector.Set, slice string, do func(e step)) {
	n, at := Load(Param(slice).Len(), GP64()).(reg.GPVirtual), GP64()
	XORQ(at, at)
	SUBQ(U8(lanes), n)
	JLT(LabelRef("tail"))
	Label("full")
	for i := range lanes / s.Lanes {
		do(step{at: at, lane: i, disp: i * s.Bytes()})
	}
	ADDQ(U8(4*lanes), at)
	SUBQ(U8(lanes), n)
	JGE(LabelRef("full"))
	Label("tail")
	ADDQ(U8(lanes), n)
	JEQ(LabelRef("end"))
	for i, mask := range s.Masks(n, lanes/s.Lanes) {
		do(step{at: at, lane: i, disp: i * s.Bytes(), mask: mask})
	}
	Label("end")
}

func finish() {
	VZEROUPPER()
	RET()
}

// broadcast loads a parameter into every lane.
func broadcast(s vector.Set, name string) reg.VecVirtual {
	addr, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := s.Register()
	VBROADCASTSS(addr.Addr, v)
	return v
}

func add(s vector.Set) {
	begin("Add", "func(out, x []float32)", ".")
	out, x := base("out"), base("x")
	forEach(s, "out", func(e step) {
		s.Store(s.Add(s.Load(e.of(out), e.mask), s.Load(e.of(x), e.mask)), e.of(out), e.mask)
	})
	finish()
}

func scaleTo(s vector.Set) {
	begin("ScaleTo", "func(out, x []float32, s float32)", ".")
	out, x, scale := base("out"), base("x"), broadcast(s, "s")
	forEach(s, "out", func(e step) {
		s.Store(s.Mul(s.Load(e.of(x), e.mask), scale), e.of(out), e.mask)
	})
	finish()
}

func normalize(s vector.Set) {
	begin("Normalize", "func(out, x []float32, mean, scale float32, gain, bias []float32)", ".")
	out, x, gain, bias := base("out"), base("x"), base("gain"), base("bias")
	mean, scale := broadcast(s, "mean"), broadcast(s, "scale")
	forEach(s, "x", func(e step) {
		v := s.Mul(s.Sub(s.Load(e.of(x), e.mask), mean), scale)
		v = s.Add(s.Mul(v, s.Load(e.of(gain), e.mask)), s.Load(e.of(bias), e.mask))
		s.Store(v, e.of(out), e.mask)
	})
	finish()
}

func activation(s vector.Set, name string, f func(s vector.Set, v reg.VecVirtual) reg.VecVirtual) {
	begin(name, "func(x []float32)", ".")
	x := base("x")
	forEach(s, "x", func(e step) { s.Store(f(s, s.Load(e.of(x), e.mask)), e.of(x), e.mask) })
	finish()
}

func sum(s vector.Set) {
	begin("Sum", "func(x []float32) float32", ".")
	x, sums := base("x"), newLanes(s, 0)
	forEach(s, "x", func(e step) { VADDPS(s.Load(e.of(x), e.mask), sums[e.lane], sums[e.lane]) })
	reduce(sums, VADDPS)
}

func sumSquares(s vector.Set) {
	begin("SumSquares", "func(x []float32, mean float32) float32", ".")
	x, mean, sums := base("x"), broadcast(s, "mean"), newLanes(s, 0)
	forEach(s, "x", func(e step) {
		d := s.Keep(e.mask, s.Sub(s.Load(e.of(x), e.mask), mean))
		VADDPS(s.Mul(d, d), sums[e.lane], sums[e.lane])
	})
	reduce(sums, VADDPS)
}

func expSum(s vector.Set) {
	begin("ExpSum", "func(x []float32, max float32) float32", ".")
	x, most, sums := base("x"), broadcast(s, "max"), newLanes(s, 0)
	forEach(s, "x", func(e step) {
		v := s.Keep(e.mask, exp(s, s.Sub(s.Load(e.of(x), e.mask), most)))
		s.Store(v, e.of(x), e.mask)
		VADDPS(v, sums[e.lane], sums[e.lane])
	})
	reduce(sums, VADDPS)
}

func largest(s vector.Set) {
	begin("Max", "func(x []float32) float32", "; which zero it is, where the largest is zero, is not defined.")
	nothing := float32(math.Inf(-1))
	x, most := base("x"), newLanes(s, nothing)
	forEach(s, "x", func(e step) {
		v := s.Load(e.of(x), e.mask)
		if e.mask != nil {
			v = s.Select(e.mask, v, s.Load(s.Number(nothing), nil))
		}
		VMAXPS(most[e.lane], v, most[e.lane]) // the second where either is no number
	})
	reduce(most, VMAXPS)
}

func residue(s vector.Set) {
	begin("Residue", "func(x []float32) float32", ".")
	x, sums := base("x"), newLanes(s, 0)
	forEach(s, "x", func(e step) {
		v := s.Load(e.of(x), e.mask)
		VADDPS(s.Sub(v, v), sums[e.lane], sums[e.lane])
	})
	reduce(sums, VADDPS)
}

// newLanes loads v into each lane.
func newLanes(s vector.Set, v float32) []reg.VecVirtual {
	list := make([]reg.VecVirtual, lanes/s.Lanes)
	for i := range list {
		list[i] = s.Load(s.Number(v), nil)
	}
	return list
}

// reduce combines the lanes and returns.
func reduce(list []reg.VecVirtual, with func(...Op)) {
	x := combine(list, with)
	VZEROUPPER()
	Store(x, ReturnIndex(0))
	RET()
}

// combine combines lanes j and j+8, j and j+4, j+2, j+1, as pure does, in the first of the result.
func combine(list []reg.VecVirtual, with func(...Op)) reg.VecVirtual {
	half := YMM()
	if len(list) == 2 {
		VMOVAPS(list[1], half)
	} else {
		VEXTRACTF32X8(U8(1), list[0], half)
	}
	y, x := list[0].AsY(), list[0].AsX()
	with(half, y, y)
	VEXTRACTF128(U8(1), y, half.AsX())
	with(half.AsX(), x, x)
	VPERMILPS(U8(0x0e), x, half.AsX())
	with(half.AsX(), x, x)
	VMOVSHDUP(x, half.AsX())
	with(half.AsX(), x, x)
	return x.(reg.VecVirtual)
}

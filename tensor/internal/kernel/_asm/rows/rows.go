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

// panel is how many sums lie side by side for an activation.
const panel = 32

// batched is how many registers go through a function at once.
const batched = 4

// Emit emits them all.
func Emit(s vector.Set) {
	add(s)
	fetchRows()
	scaleTo(s)
	multiply(s)
	sum(s)
	sumSquares(s)
	normalize(s)
	largest(s)
	residue(s)
	expSum(s)
	largestMagnitude(s)
	round(s, false)
	rotate(s)
	activation(s, "GELUTanh", batched, geluTanh)
	activation(s, "ReLU", batched, relu)
	activation(s, "SiLU", batched, silu)
	activation(s, "Tanh", 2, tanh)
}

// begin begins a kernel.
func begin(name, signature, doc string) {
	TEXT(name, NOSPLIT, signature)
	Doc(name + " is pure." + name + doc)
	Pragma("noescape")
}

// A step is the elements of one register: their offset, lane by lane in a sum, and their mask.
type step struct {
	at   reg.GPVirtual // in bytes; nil is 0
	lane int           // of the first, in registers
	disp int
	mask vector.Mask
}

// of is the step's elements of a slice.
func (e step) of(base reg.Register) Mem {
	if e.at == nil {
		return Mem{Base: base, Disp: e.disp}
	}
	return Mem{Base: base, Index: e.at, Scale: 1, Disp: e.disp}
}

func integer(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

func base(name string) reg.Register { return Load(Param(name).Base(), GP64()) }

// forEach emits the loop over the elements of a slice, register by register.
func forEach(s vector.Set, slice string, do func(e step)) {
	inBatches(s, Load(Param(slice).Len(), GP64()).(reg.GPVirtual), 1, func(steps []step) {
		for _, e := range steps {
			do(e)
		}
	})
}

// inBatches emits the loop over n elements. At most so many registers go through it at once, and
// fewer at the end. It changes n.
func inBatches(s vector.Set, n reg.GPVirtual, registers int, do func(steps []step)) {
	at, each := GP64(), lanes/s.Lanes
	XORQ(at, at)
	loop := func(name, next string, registers int) {
		SUBQ(U8(registers*s.Lanes), n)
		JLT(LabelRef(next))
		Label(name)
		do(newSteps(s, at, make([]vector.Mask, registers)))
		ADDQ(U32(registers*s.Bytes()), at)
		SUBQ(U8(registers*s.Lanes), n)
		JGE(LabelRef(name))
		Label(next)
		ADDQ(U8(registers*s.Lanes), n)
	}
	if registers > each {
		loop("batches", "rest", registers)
	}
	loop("full", "tail", each)
	JEQ(LabelRef("end"))
	do(newSteps(s, at, s.Masks(n, each)))
	Label("end")
}

func newSteps(s vector.Set, at reg.GPVirtual, masks []vector.Mask) (steps []step) {
	for i, mask := range masks {
		steps = append(steps, step{at: at, lane: i % (lanes / s.Lanes), disp: i * s.Bytes(), mask: mask})
	}
	return steps
}

// load and store emit those of a batch.
func load(s vector.Set, steps []step, base reg.Register) batch {
	x := batch{Set: s}
	for _, e := range steps {
		x.registers = append(x.registers, s.Load(e.of(base), e.mask))
	}
	return x
}

func (x batch) store(steps []step, base reg.Register) {
	for i, e := range steps {
		x.Store(x.registers[i], e.of(base), e.mask)
	}
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
	alongRows(s, "Add", batched, func(x batch, out func() batch) batch { return out().add(x) })
}

// fetchRows emits prefetches.
func fetchRows() {
	begin("FetchRows", "func(x []float32, ld, rows, n int)", ".")
	x, ld, rows, at := base("x"), integer("ld"), integer("rows"), GP64()
	SHLQ(U8(2), ld)
	Label("row")
	n := integer("n")
	MOVQ(x, at)
	Label("line")
	PREFETCHT0(Mem{Base: at})
	ADDQ(U8(4*lanes), at)
	SUBQ(U8(lanes), n)
	JG(LabelRef("line"))
	ADDQ(ld, x)
	DECQ(rows)
	JNZ(LabelRef("row"))
	RET()
}

func scaleTo(s vector.Set) {
	begin("ScaleTo", "func(out, x []float32, s float32)", ".")
	out, x, scale := base("out"), base("x"), broadcast(s, "s")
	forEach(s, "out", func(e step) {
		s.Store(s.Mul(s.Load(e.of(x), e.mask), scale), e.of(out), e.mask)
	})
	finish()
}

func multiply(s vector.Set) {
	begin("Multiply", "func(out, x, y []float32)", ".")
	out, x, y := base("out"), base("x"), base("y")
	forEach(s, "out", func(e step) {
		s.Store(s.Mul(s.Load(e.of(x), e.mask), s.Load(e.of(y), e.mask)), e.of(out), e.mask)
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

// activation emits f along rows.
func activation(s vector.Set, name string, registers int, f func(x batch) batch) {
	alongRows(s, name, registers, func(x batch, _ func() batch) batch { return f(x) })
}

// alongRows emits out = f(x, what was in out).
func alongRows(s vector.Set, name string, registers int, f func(x batch, out func() batch) batch) {
	begin(name, "func(out []float32, ldo int, x []float32, ldx, rows, n int)", ".")
	out, ldo, x, ldx := base("out"), integer("ldo"), base("x"), integer("ldx")
	rows := integer("rows")
	SHLQ(U8(2), ldo)
	SHLQ(U8(2), ldx)
	do := func(from, to []step) {
		f(load(s, from, x), func() batch { return load(s, to, out) }).store(to, out)
	}
	if registers*s.Lanes == 2*panel {
		pairs(s, out, ldo, x, ldx, rows, do)
	}
	Label("row")
	inBatches(s, integer("n"), registers, func(steps []step) { do(steps, steps) })
	ADDQ(ldo, out)
	ADDQ(ldx, x)
	DECQ(rows)
	JNZ(LabelRef("row"))
	Label("done")
	finish()
}

// pairs emits what goes along the rows of a panel two by two, where only two fill a batch.
func pairs(s vector.Set, out reg.Register, ldo reg.GPVirtual, x reg.Register, ldx, rows reg.GPVirtual, do func(from, to []step)) {
	two := func(ld reg.GPVirtual) (steps []step) {
		for i := range panel / s.Lanes {
			steps = append(steps, step{disp: i * s.Bytes()})
		}
		for _, e := range steps {
			steps = append(steps, step{at: ld, disp: e.disp})
		}
		return steps
	}
	n := integer("n")
	CMPQ(n, U8(panel))
	JNE(LabelRef("row"))
	SUBQ(U8(2), rows)
	JLT(LabelRef("odd"))
	Label("pair")
	do(two(ldx), two(ldo))
	LEAQ(Mem{Base: out, Index: ldo, Scale: 2}, out)
	LEAQ(Mem{Base: x, Index: ldx, Scale: 2}, x)
	SUBQ(U8(2), rows)
	JGE(LabelRef("pair"))
	Label("odd")
	ADDQ(U8(2), rows)
	JEQ(LabelRef("done"))
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
	n := Load(Param("x").Len(), GP64()).(reg.GPVirtual)
	inBatches(s, n, batched, func(steps []step) {
		v := load(s, steps, x)
		v = exp(v.do(v.Sub, register{most}))
		for i, e := range steps {
			v.registers[i] = s.Keep(e.mask, v.registers[i])
			VADDPS(v.registers[i], sums[e.lane], sums[e.lane])
		}
		v.store(steps, x)
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

// word is combine for words, in a register that is no vector.
func word(list []reg.VecVirtual, with func(...Op)) reg.GPVirtual {
	result := GP32()
	VMOVD(combine(list, with), result)
	return result
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

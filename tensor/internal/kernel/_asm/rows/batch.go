package rows

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// A batch is registers that go through the same operations, each operation on one after the other,
// so that none has to wait for its last result.
type batch struct {
	vector.Set
	registers []reg.VecVirtual
}

// An operand is what an operation on a batch takes beside it: a batch, or the same for each of its
// registers.
type operand interface {
	// of emits what it needs and returns what goes with register i.
	of(x batch) func(i int) Op
}

func (y batch) of(batch) func(i int) Op { return func(i int) Op { return y.registers[i] } }

type register struct{ reg.VecVirtual }

func (y register) of(batch) func(i int) Op { return func(int) Op { return y.VecVirtual } }

// number and bits are constants, which are loaded once.
type (
	number float32
	bits   uint32
)

func (c number) of(x batch) func(i int) Op { return bits(math.Float32bits(float32(c))).of(x) }
func (c bits) of(x batch) func(i int) Op   { return register{x.Broadcast(uint32(c))}.of(x) }

// each is a batch of what f emits for each register.
func (x batch) each(f func(i int, v reg.VecVirtual) reg.VecVirtual) batch {
	out := batch{Set: x.Set}
	for i, v := range x.registers {
		out.registers = append(out.registers, f(i, v))
	}
	return out
}

// do emits an operation.
func (x batch) do(operation func(x reg.VecVirtual, y Op) reg.VecVirtual, y operand) batch {
	second := y.of(x)
	return x.each(func(i int, v reg.VecVirtual) reg.VecVirtual { return operation(v, second(i)) })
}

func (x batch) add(y operand) batch { return x.do(x.Add, y) }
func (x batch) sub(y operand) batch { return x.do(x.Sub, y) }
func (x batch) mul(y operand) batch { return x.do(x.Mul, y) }
func (x batch) div(y operand) batch { return x.do(x.Div, y) }
func (x batch) and(y operand) batch { return x.do(x.And, y) }
func (x batch) xor(y operand) batch { return x.do(x.Xor, y) }

// from emits c − x and x's like.
func (x batch) from(operation func(x reg.VecVirtual, y Op) reg.VecVirtual, c float32) batch {
	first := x.Broadcast(math.Float32bits(c))
	return x.each(func(_ int, v reg.VecVirtual) reg.VecVirtual { return operation(first, v) })
}

// atLeast and atMost emit a bound; no number stays none.
func (x batch) atLeast(c float32) batch { return x.from(x.Max, c) }
func (x batch) atMost(c float32) batch  { return x.from(x.Min, c) }

// mulAdd emits x·y + z, rounded once, in x's registers.
func (x batch) mulAdd(y, z operand) batch {
	second, third := y.of(x), z.of(x)
	for i, v := range x.registers {
		VFMADD213PS(third(i), second(i), v)
	}
	return x
}

// plusMul emits x + y·z, rounded once, in x's registers.
func (x batch) plusMul(y, z operand) batch {
	second, third := y.of(x), z.of(x)
	for i, v := range x.registers {
		VFMADD231PS(third(i), second(i), v)
	}
	return x
}

// fill emits as many registers with c in every lane.
func (x batch) fill(c float32) batch {
	v := x.Broadcast(math.Float32bits(c))
	return x.each(func(int, reg.VecVirtual) reg.VecVirtual {
		out := x.Register()
		VMOVAPS(v, out)
		return out
	})
}

// choose emits x < c ? yes : no.
func (x batch) choose(c float32, yes, no batch) batch {
	bound := number(c).of(x)
	return x.each(func(i int, v reg.VecVirtual) reg.VecVirtual {
		return x.Select(x.Compare(vector.Less, v, bound(i)), yes.registers[i], no.registers[i])
	})
}

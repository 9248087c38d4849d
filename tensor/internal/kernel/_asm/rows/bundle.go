package rows

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

// A bundle is vectors that go through the same operations, each operation for all of them before
// the next: a processor looks ahead only so far, and finds there what need not wait.
type bundle []reg.VecVirtual

// bundles emits arithmetic for bundles. An operand y is a bundle, or one Op for all.
type bundles struct{ vector.Set }

func each[T any](n int, do func(i int) T) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = do(i)
	}
	return list
}

func at(y any, i int) Op {
	if b, ok := y.(bundle); ok {
		return b[i]
	}
	return y.(Op)
}

func binary(x bundle, y any, f func(x reg.VecVirtual, y Op) reg.VecVirtual) bundle {
	return each(len(x), func(i int) reg.VecVirtual { return f(x[i], at(y, i)) })
}

func (s bundles) Add(x bundle, y any) bundle { return binary(x, y, s.Set.Add) }
func (s bundles) Sub(x bundle, y any) bundle { return binary(x, y, s.Set.Sub) }
func (s bundles) Mul(x bundle, y any) bundle { return binary(x, y, s.Set.Mul) }
func (s bundles) Div(x bundle, y any) bundle { return binary(x, y, s.Set.Div) }
func (s bundles) Max(x bundle, y any) bundle { return binary(x, y, s.Set.Max) }
func (s bundles) And(x bundle, y any) bundle { return binary(x, y, s.Set.And) }
func (s bundles) Xor(x bundle, y any) bundle { return binary(x, y, s.Set.Xor) }

// Constant emits v in every lane of as many vectors as x has.
func (s bundles) Constant(x bundle, v float32) bundle {
	return each(len(x), func(int) reg.VecVirtual { return s.Load(s.Number(v), nil) })
}

// Compare, Select and Keep have a mask for each vector.
func (s bundles) Compare(c vector.Comparison, x bundle, y any) []vector.Mask {
	return each(len(x), func(i int) vector.Mask { return s.Set.Compare(c, x[i], at(y, i)) })
}

func (s bundles) Select(mask []vector.Mask, yes any, no bundle) bundle {
	return each(len(no), func(i int) reg.VecVirtual { return s.Set.Select(mask[i], at(yes, i), no[i]) })
}

func (s bundles) Keep(mask []vector.Mask, x bundle) bundle {
	return each(len(x), func(i int) reg.VecVirtual { return s.Set.Keep(mask[i], x[i]) })
}

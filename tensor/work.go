package tensor

import (
	"time"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// An Operator is a kind of work, under whose name it is counted.
type Operator uint8

// The operators, in the order in which a token meets them.
const (
	Embed Operator = iota
	LayerNorm
	Linear
	Attention
	Softmax
	GELU
	Add
	Unembed
	Operators // how many there are
)

var operatorNames = [Operators]string{"embed", "layernorm", "linear", "attention", "softmax", "gelu", "add", "unembed"}

func (o Operator) String() string { return operatorNames[o] }

// FusedInto is the operator inside whose calls o is computed; o then has no time of its own.
func (o Operator) FusedInto() (host Operator, fused bool) {
	switch o {
	case Softmax:
		return Attention, true
	case GELU, Add:
		return Linear, true
	}
	return o, false
}

// A Count is arithmetic and bytes: see the fields.
type Count = kernel.Count

// OperatorWork is what calls of one operator have done.
type OperatorWork struct {
	Calls int64
	Count
	Wall time.Duration // from the call to the return
	Busy time.Duration // of all workers together
}

func (o *OperatorWork) add(p OperatorWork) {
	o.Calls += p.Calls
	o.Count.Add(p.Count)
	o.Wall += p.Wall
	o.Busy += p.Busy
}

// share is the part of o that belongs to the units from up to to of whole; each party to a call
// counts it as one.
func (o OperatorWork) share(from, to, whole int64) OperatorWork {
	return OperatorWork{
		Calls: o.Calls,
		Count: o.Count.Share(from, to, whole),
		Wall:  time.Duration(Share(int64(o.Wall), from, to, whole)),
		Busy:  time.Duration(Share(int64(o.Busy), from, to, whole)),
	}
}

// Share is what the units from up to to of whole get of n: ⌊n·to/whole⌋ − ⌊n·from/whole⌋.
func Share(n, from, to, whole int64) int64 { return kernel.Share(n, from, to, whole) }

// Work is what has been done, by operator.
type Work [Operators]OperatorWork

// Add adds v to w.
func (w *Work) Add(v Work) {
	for o := range w {
		w[o].add(v[o])
	}
}

// Since is w less what had been done before.
func (w Work) Since(before Work) Work {
	for o := range w {
		w[o].Calls -= before[o].Calls
		w[o].Count.Sub(before[o].Count)
		w[o].Wall -= before[o].Wall
		w[o].Busy -= before[o].Busy
	}
	return w
}

// Total is the sum over the operators.
func (w Work) Total() (t OperatorWork) {
	for _, o := range w {
		t.add(o)
	}
	return t
}

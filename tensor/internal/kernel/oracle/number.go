package oracle

import (
	"math"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// A Number is a float32 that remembers whether it has been read from an operand.
type Number struct {
	value float32
	read  *bool // nil for a result
	bytes int64 // that hold it
}

// A Machine computes with Numbers and tallies what it did.
type Machine struct {
	Tally kernel.Count
	Fused bool // MulAdd rounds once
}

// A Matrix is rows of Numbers.
type Matrix [][]Number

// Operand is a matrix of float32s that has not been read.
func Operand(rows, cols int, at func(i, j int) float32) Matrix { return Held(4, rows, cols, at) }

// Held is a matrix that has not been read, each number in so many bytes.
func Held(bytes int64, rows, cols int, at func(i, j int) float32) Matrix {
	m := make(Matrix, rows)
	for i := range m {
		m[i] = make([]Number, cols)
		for j := range m[i] {
			m[i][j] = Number{at(i, j), new(bool), bytes}
		}
	}
	return m
}

// Float is the number's value.
func (n Number) Float() float32 { return n.value }

// use is the value, and marks an operand as read: its bytes, once.
func (m *Machine) use(n Number) float32 {
	if n.read != nil && !*n.read {
		*n.read = true
		m.Tally.Read += n.bytes
	}
	return n.value
}

// Store gives a result back: four bytes.
func (m *Machine) Store(to *Number, n Number) {
	*to = Number{value: m.use(n)}
	m.Tally.Written += 4
}

// MulAdd is a·b + c of a matrix product.
func (m *Machine) MulAdd(a, b, c Number) Number {
	m.Tally.Products += 2
	if m.Fused {
		return Number{value: pure.FMA(m.use(a), m.use(b), m.use(c))}
	}
	return Number{value: float32(m.use(a)*m.use(b)) + m.use(c)}
}

// scaleAdd is a·b + c outside a matrix product, in which MulAdd's rounding is the same.
func (m *Machine) scaleAdd(a, b, c Number) Number {
	counter := Machine{Fused: m.Fused}
	sum := counter.MulAdd(a, b, c)
	m.Tally.Elementwise += counter.Tally.Products
	m.Tally.Read += counter.Tally.Read
	return sum
}

// mulAddOnce is scaleAdd in a function, where it is rounded once on every machine.
func (m *Machine) mulAddOnce(a, b, c Number) Number {
	once := Machine{Fused: true}
	sum := once.scaleAdd(a, b, c)
	m.Tally.Add(once.Tally)
	return sum
}

// Add, Sub and Mul are one elementwise operation each.
func (m *Machine) Add(a, b Number) Number {
	m.Tally.Elementwise++
	return Number{value: m.use(a) + m.use(b)}
}

func (m *Machine) Sub(a, b Number) Number {
	m.Tally.Elementwise++
	return Number{value: m.use(a) - m.use(b)}
}

func (m *Machine) Mul(a, b Number) Number {
	m.Tally.Elementwise++
	return Number{value: m.use(a) * m.use(b)}
}

// Div, Sqrt, Exp, Exp2, Tanh and Erf are one special operation each.
func (m *Machine) Div(a, b Number) Number {
	m.Tally.Special++
	return Number{value: m.use(a) / m.use(b)}
}

func (m *Machine) Sqrt(a Number) Number {
	m.Tally.Special++
	return Number{value: float32(math.Sqrt(float64(m.use(a))))}
}

func (m *Machine) Exp(a Number) Number {
	m.Tally.Special++
	return Number{value: pure.Exp(m.use(a))}
}

func (m *Machine) Exp2(a Number) Number {
	m.Tally.Special++
	return Number{value: pure.Exp2(m.use(a))}
}

func (m *Machine) Tanh(a Number) Number {
	m.Tally.Special++
	x := []float32{m.use(a)}
	pure.Tanh(x, 1, x, 1, 1, 1)
	return Number{value: x[0]}
}

func (m *Machine) Erf(a Number) Number {
	m.Tally.Special++
	return Number{value: float32(math.Erf(float64(m.use(a))))}
}

// Number makes a constant, which is nobody's operand.
func (m *Machine) Number(v float32) Number { return Number{value: v} }

// Greater compares, which is not counted.
func (m *Machine) Greater(a, b Number) bool { return m.use(a) > m.use(b) }

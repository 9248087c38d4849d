package oracle

import (
	"math"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// result is a matrix to be stored into.
func result(rows, cols int) Matrix {
	m := make(Matrix, rows)
	for i := range m {
		m[i] = make([]Number, cols)
	}
	return m
}

// Linear is epilogue(in·wᵀ), into out. What the epilogue does under another operator's name goes
// to fused.
func (m *Machine) Linear(fused *Machine, out, in, w Matrix, bias []Number, e kernel.Epilogue) {
	for i := range in {
		for j := range w {
			sum := m.Number(0)
			for k := range w[j] {
				sum = m.MulAdd(in[i][k], w[j][k], sum)
			}
			m.finish(fused, &out[i][j], sum, bias, j, e)
		}
	}
}

// finish stores what an epilogue makes of the sum of output j.
func (m *Machine) finish(fused *Machine, out *Number, sum Number, bias []Number, j int, e kernel.Epilogue) {
	if bias != nil {
		sum = m.Add(sum, bias[j])
	}
	if e.Activate {
		sum = fused.activate(sum, e.Activation)
	}
	if e.Add {
		sum = fused.Add(*out, sum)
	}
	m.Store(out, sum)
}

// sum adds numbers to the lane of their place, then the lanes pairwise.
func (m *Machine) sum(x []Number) Number {
	lane := make([]Number, kernel.Lanes)
	for j := range x {
		lane[j%kernel.Lanes] = m.Add(lane[j%kernel.Lanes], x[j])
	}
	for len(lane) > 1 {
		half := len(lane) / 2
		for j := range half {
			lane[j] = m.Add(lane[j], lane[j+half])
		}
		lane = lane[:half]
	}
	return lane[0]
}

// LayerNorm normalises each row (Ba, Kiros and Hinton 2016, equation 4).
func (m *Machine) LayerNorm(in Matrix, gain, bias []Number, epsilon float32) Matrix {
	out := result(len(in), len(gain))
	for i, x := range in {
		n := m.Number(float32(len(x)))
		mean := m.Div(m.sum(x), n)
		squares := make([]Number, len(x))
		for j := range x {
			d := m.Sub(x[j], mean)
			squares[j] = m.Mul(d, d)
		}
		variance := m.Div(m.sum(squares), n)
		scale := m.Div(m.Number(1), m.Sqrt(m.Add(variance, m.Number(epsilon))))
		for j := range x {
			y := m.Mul(m.Sub(x[j], mean), scale)
			m.Store(&out[i][j], m.Add(m.Mul(y, gain[j]), bias[j]))
		}
	}
	return out
}

// activate is f(x).
func (m *Machine) activate(x Number, f kernel.Activation) Number {
	one, half := m.Number(1), m.Number(0.5)
	switch f {
	case kernel.GELUTanh:
		linear := -2 * math.Sqrt(2/math.Pi) * math.Log2E
		slope := m.mulAddOnce(m.Mul(x, x), m.Number(float32(linear*0.044715)), m.Number(float32(linear)))
		return m.Div(x, m.Add(one, m.Exp2(m.Mul(x, slope))))
	case kernel.GELU:
		e := m.Erf(m.Mul(x, m.Number(float32(1/math.Sqrt2))))
		return m.Mul(m.Mul(half, x), m.Add(one, e))
	case kernel.ReLU:
		if m.Greater(m.Number(0), x) {
			return m.Number(0)
		}
		return x
	case kernel.SiLU:
		return m.Div(x, m.Add(one, m.Exp(m.Sub(m.Number(0), x))))
	case kernel.Tanh:
		return m.Tanh(x)
	}
	panic("oracle: no loop for this activation")
}

// EmbedIntegers is scale·number + positions[i] for rows of w that the caller has gathered.
func (m *Machine) EmbedIntegers(w Integers, positions Matrix) Matrix {
	tokens := result(len(w.Numbers), len(positions[0]))
	for i := range tokens {
		for k, q := range m.row(w, i) {
			tokens[i][k] = m.Mul(m.Number(float32(q)), w.scale(i, k))
		}
		tokens[i] = m.rotate(tokens[i])
	}
	return m.Embed(tokens, positions)
}

// Embed is tokens[i] + positions[i], rows that the caller has gathered.
func (m *Machine) Embed(tokens, positions Matrix) Matrix {
	out := result(len(tokens), len(tokens[0]))
	for i := range tokens {
		for j := range tokens[i] {
			m.Store(&out[i][j], m.Add(tokens[i][j], positions[i][j]))
		}
	}
	return out
}

// Head is one attention head: queries (R, d) of the last R positions, keys and values (T, d), which
// are new from position past on. Softmax's work goes to s. The new keys and values are read and
// stored by m besides.
func (m *Machine) Head(s *Machine, queries, keys, values Matrix, past int, scale float32) Matrix {
	size := len(keys[0])
	for j := past; j < len(keys); j++ { // appended to the cache, from where they are read again
		for d := range size {
			for _, n := range []*Number{&keys[j][d], &values[j][d]} {
				m.Store(n, *n)
				n.read, n.bytes = new(bool), 4
			}
		}
	}
	out := result(len(queries), size)
	for i := range queries {
		query := make([]Number, size)
		for d := range query {
			query[d] = m.Mul(queries[i][d], m.Number(scale))
		}
		scores := make([]Number, len(keys)-len(queries)+i+1)
		for j := range scores {
			for d := range query {
				scores[j] = m.MulAdd(query[d], keys[j][d], scores[j])
			}
		}
		share := s.softmax(scores)
		for d := range size {
			sum := m.Number(0)
			for j := range scores {
				sum = m.MulAdd(scores[j], values[j][d], sum)
			}
			m.Store(&out[i][d], s.Mul(sum, share))
		}
	}
	return out
}

// softmax makes scores their exponentials, less the largest, and returns what makes shares of these.
func (m *Machine) softmax(scores []Number) (share Number) {
	largest := m.Number(float32(math.Inf(-1)))
	for _, score := range scores {
		if m.Greater(score, largest) {
			largest = score
		}
	}
	for j := range scores {
		scores[j] = m.Exp(m.Sub(scores[j], largest))
	}
	return m.Div(m.Number(1), m.sum(scores))
}

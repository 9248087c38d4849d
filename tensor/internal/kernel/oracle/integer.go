package oracle

import (
	"math"
	"slices"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// Integers is a matrix of N rows whose numbers are integers with scales.
type Integers struct {
	Numbers [][]int // (N, K)
	Scales  Matrix  // (N, 1), or (N, groups of inputs) with PerGroup
	Group   int     // inputs of a row of activations that share a scale

	PerGroup bool
	Bytes    int64 // that hold a row's Numbers
	read     []bool
}

// Unread says that none of w has been read.
func (w Integers) Unread() Integers {
	w.read = make([]bool, len(w.Numbers))
	return w
}

// row is row j, and marks its numbers as read: their bytes, once.
func (m *Machine) row(w Integers, j int) []int {
	if !w.read[j] {
		w.read[j] = true
		m.Tally.Read += w.Bytes
	}
	return w.Numbers[j]
}

// scale is that of row j for input k.
func (w Integers) scale(j, k int) Number {
	if w.PerGroup {
		return w.Scales[j][k/w.Group]
	}
	return w.Scales[j][0]
}

// rotate is x times a Hadamard matrix, in blocks of 64 and, of the rest, of the largest power of two that fits.
func (m *Machine) rotate(x []Number) (out []Number) {
	for n := 64; len(x) > 0; x = x[n:] {
		for n > len(x) {
			n /= 2
		}
		block := slices.Clone(x[:n])
		for h := 1; h < n; h *= 2 {
			for i := range block {
				if i&h == 0 {
					block[i], block[i+h] = m.Add(block[i], block[i+h]), m.Sub(block[i], block[i+h])
				}
			}
		}
		out = append(out, block...)
	}
	return out
}

// A rounded is a group of activations as integers with a scale.
type rounded struct {
	numbers []int
	sum     int
	scale   Number
}

// round makes integers of a group: with m the largest magnitude, x·(127/m), and the scale is
// m·(1/127). A group of next to nothing is zeros, one that is not finite has no number for its scale.
func (m *Machine) round(x []Number) (g rounded) {
	most, finite := m.Number(0), true
	for _, v := range x {
		if a := m.Number(float32(math.Abs(float64(m.use(v))))); m.Greater(a, most) {
			most = a
		}
		finite = finite && math.Abs(float64(v.value)) <= math.MaxFloat32
	}
	inverse := m.Div(m.Number(127), most)
	g.scale = m.Mul(most, m.Number(1.0/127))
	if !finite || m.Greater(m.Number(0x1p-118), most) {
		inverse, g.scale = m.Number(0), m.Number(0)
	}
	for _, v := range x {
		q := 0
		if product := m.Mul(v, inverse); finite {
			q = int(math.RoundToEven(float64(product.value)))
		}
		g.numbers = append(g.numbers, q)
		m.Tally.Elementwise++ // sum + q
		g.sum += q
	}
	m.Tally.Elementwise++ // the offset times the sum
	if !finite {
		g.scale = m.Number(float32(math.NaN()))
	}
	return g
}

// LinearIntegers is Linear where both operands are integers.
func (m *Machine) LinearIntegers(fused *Machine, out, in Matrix, w Integers, bias []Number, e kernel.Epilogue) {
	for i := range in {
		var groups []rounded
		row := m.rotate(in[i])
		for first := 0; first < len(row); first += w.Group {
			groups = append(groups, m.round(row[first:min(first+w.Group, len(row))]))
		}
		for j := range w.Numbers {
			total, numbers := m.Number(0), m.row(w, j)
			for n, g := range groups {
				sum := 0
				for k, q := range g.numbers {
					sum += q * numbers[n*w.Group+k]
					m.Tally.Products += 2
				}
				part := m.Number(float32(sum))
				if w.PerGroup {
					part = m.Mul(part, w.scale(j, n*w.Group))
				}
				total = m.scaleAdd(part, g.scale, total)
			}
			if !w.PerGroup {
				total = m.Mul(total, w.scale(j, 0))
			}
			m.finish(fused, &out[i][j], total, bias, j, e)
		}
	}
}

// HeadInt8 is Head for keys and values that are held as integers: those from position past on are made
// so. Sums over positions are of blocks of so many.
func (m *Machine) HeadInt8(s *Machine, queries, keys, values Matrix, past, block int, scale float32) Matrix {
	size := len(keys[0])
	hold := func(x Matrix) (held []rounded) {
		for j := range x {
			machine := &Machine{} // of an earlier call
			if j >= past {
				machine = m
				m.Tally.Elementwise-- // a start is not needed
				m.Tally.Written += int64(size + 4)
			}
			held = append(held, machine.round(x[j]))
		}
		if len(queries) > 0 {
			m.Tally.Read += int64(len(x) * (size + 4))
		}
		return held
	}
	k, v := hold(keys), hold(values)
	out := result(len(queries), size)
	for i := range queries {
		query := make([]Number, size)
		for d := range query {
			query[d] = m.Mul(queries[i][d], m.Number(scale))
		}
		asked := m.round(query)
		scores := make([]Number, len(keys)-len(queries)+i+1)
		for j := range scores {
			scores[j] = m.scaleAdd(m.dot(asked.numbers, k[j].numbers), asked.scale, scores[j])
			scores[j] = m.Mul(scores[j], k[j].scale)
		}
		share := s.softmax(scores)
		for j := range scores {
			scores[j] = m.Mul(scores[j], v[j].scale)
		}
		sums := make([]Number, size)
		for first := 0; first < len(scores); first += block {
			g := m.round(scores[first:min(first+block, len(scores))])
			for d := range sums {
				column := make([]int, len(g.numbers))
				for j := range column {
					column[j] = v[first+j].numbers[d]
				}
				sum := m.Mul(m.scaleAdd(m.dot(g.numbers, column), g.scale, m.Number(0)), m.Number(1))
				if first > 0 {
					sum = m.Add(sums[d], sum)
				}
				sums[d] = sum
			}
		}
		for d := range sums {
			m.Store(&out[i][d], s.Mul(sums[d], share))
		}
	}
	return out
}

// dot is the exact sum of products.
func (m *Machine) dot(x, y []int) Number {
	sum := 0
	for i, v := range x {
		sum += v * y[i]
	}
	m.Tally.Products += int64(2 * len(x))
	return m.Number(float32(sum))
}

package kernel

import "math/bits"

// A Count is the work that loops have done. It only ever adds up.
//
// Arithmetic is counted in operations: a multiply-add is two, an addition, subtraction or
// multiplication one. Comparisons, maxima, copies and conversions are none.
type Count struct {
	Products    int64 // operations of matrix products, inside the matrix
	Elementwise int64 // all other additions and multiplications
	Padding     int64 // operations on rows, columns and masked pairs that no result needs
	Special     int64 // exp, tanh, erf, square root, division: one each, whatever polynomial they take
	Read        int64 // bytes of operands, each operand once a call
	Written     int64 // bytes of results
}

// Add adds d to c.
func (c *Count) Add(d Count) {
	c.Products += d.Products
	c.Elementwise += d.Elementwise
	c.Padding += d.Padding
	c.Special += d.Special
	c.Read += d.Read
	c.Written += d.Written
}

// Sub takes d from c.
func (c *Count) Sub(d Count) {
	c.Products -= d.Products
	c.Elementwise -= d.Elementwise
	c.Padding -= d.Padding
	c.Special -= d.Special
	c.Read -= d.Read
	c.Written -= d.Written
}

// Share is the part of c that rows from up to to of rows own:
// ⌊c·to/rows⌋ − ⌊c·from/rows⌋, so that the parts of adjoining rows add up to c.
func (c Count) Share(from, to, rows int64) Count {
	return Count{
		Products:    Share(c.Products, from, to, rows),
		Elementwise: Share(c.Elementwise, from, to, rows),
		Padding:     Share(c.Padding, from, to, rows),
		Special:     Share(c.Special, from, to, rows),
		Read:        Share(c.Read, from, to, rows),
		Written:     Share(c.Written, from, to, rows),
	}
}

// Share is ⌊n·to/whole⌋ − ⌊n·from/whole⌋ for 0 ≤ from ≤ to ≤ whole and n ≥ 0. The products have
// 128 bits: nanoseconds times operations do not fit into 64.
func Share(n, from, to, whole int64) int64 {
	floor := func(at int64) int64 {
		high, low := bits.Mul64(uint64(n), uint64(at))
		quotient, _ := bits.Div64(high, low, uint64(whole))
		return int64(quotient)
	}
	return floor(to) - floor(from)
}

const (
	multiplyAdd   = 2
	float32Bytes  = 4
	bfloat16Bytes = 2
)

package kernel

import "math"

// sum counts a sum of n elements over the lanes.
func (c *Count) sum(n int) { c.Elementwise += int64(n + Lanes - 1) }

// LayerNorm is, for the rows from up to to of width n,
//
//	mean := sum(in[i]) / n
//	scale := 1 / sqrt(sum((in[i]-mean)²)/n + epsilon)
//	out[i][j] = (in[i][j]-mean)*scale*gain[j] + bias[j]
//
// (Ba, Kiros and Hinton 2016, equation 4). out may be in.
func (b *Backend) LayerNorm(out, in []float32, n int, gain, bias []float32, epsilon float32, from, to int) (c Count) {
	for i := from; i < to; i++ {
		x := in[i*n : (i+1)*n]
		mean := b.Sum(x) / float32(n)
		c.sum(n)
		variance := b.SumSquares(x, mean) / float32(n)
		c.sum(n)
		c.Elementwise += int64(2 * n) // the differences and their squares
		scale := 1 / float32(math.Sqrt(float64(variance+epsilon)))
		c.Elementwise++
		c.Special += 4 // three divisions and the root
		b.Normalize(out[i*n:(i+1)*n], x, mean, scale, gain, bias)
		c.Elementwise += int64(4 * n)
		c.Read += int64(n * float32Bytes)
		c.Written += int64(n * float32Bytes)
		if i == 0 {
			c.Read += int64(2 * n * float32Bytes) // gain and bias
		}
	}
	return c
}

// Embed is, for the rows from up to to,
//
//	out[i][j] = w[ids[i]][j] + positions[at[i]][j]
//
// with w packed in panels and positions a row-major matrix as wide as w.
func (b *Backend) Embed(out []float32, w Panels, ids []int, positions []float32, at []int, from, to int) (c Count) {
	n := w.K
	for i := from; i < to; i++ {
		row := out[i*n : (i+1)*n]
		c.Read += int64(w.held(row, ids[i]))
		if w.Format.Integer() {
			c.Elementwise += int64(n) // times its scale
			b.rotate(row, row, &c)
		}
		b.Add(row, n, positions[at[i]*n:], n, 1, n)
		c.Elementwise += int64(n)
		c.Read += int64(n * float32Bytes)
		c.Written += int64(n * float32Bytes)
	}
	return c
}

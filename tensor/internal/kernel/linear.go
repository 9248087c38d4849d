package kernel

// Panels is a matrix of N rows and K columns packed for Tile: panel p holds rows 32p to 32p+31
// as [K][32], and the last panel is filled up with zeros.
type Panels struct {
	N, K int
	Data []float32
}

// PanelCount is the number of panels for n rows.
func PanelCount(n int) int { return (n + PanelColumns - 1) / PanelColumns }

// Panel is panel p, [K][32].
func (w Panels) Panel(p int) []float32 {
	return w.Data[p*w.K*PanelColumns : (p+1)*w.K*PanelColumns]
}

// Linear is, for the outputs j of panels from up to to,
//
//	for i := range rows {
//		out[i*ldo+j] = bias[j]
//		for k := range w.K {
//			out[i*ldo+j] += in[i*ldi+k] * w[j][k]
//		}
//	}
//
// with the bias added last; a nil bias is none.
func (b *Backend) Linear(out []float32, ldo int, in []float32, ldi, rows int, w Panels, bias []float32, from, to int) (c Count) {
	for p := from; p < to; p++ {
		j := p * PanelColumns
		cols := min(PanelColumns, w.N-j)
		executed := roundUp(cols, b.Columns)
		panel := w.Panel(p)
		c.Read += int64(w.K * cols * float32Bytes)
		if bias != nil {
			c.Read += int64(cols * float32Bytes)
		}
		for i := 0; i < rows; i += b.Rows {
			r := min(b.Rows, rows-i)
			b.Tile(out[i*ldo+j:], ldo, in[i*ldi:], ldi, panel, PanelColumns, w.K, r, cols, false)
			c.product(r, cols, executed, w.K)
			c.Written += int64(r * cols * float32Bytes)
			if p == 0 {
				c.Read += int64(r * w.K * float32Bytes)
			}
			if bias == nil {
				continue
			}
			for n := i; n < i+r; n++ {
				b.Add(out[n*ldo+j:n*ldo+j+cols], bias[j:])
				c.Elementwise += int64(cols)
			}
		}
	}
	return c
}

// product counts a tile of rows × cols sums of k products each, in which executed columns ran.
func (c *Count) product(rows, cols, executed, k int) {
	c.Products += int64(multiplyAdd * rows * cols * k)
	c.Padding += int64(multiplyAdd * rows * (executed - cols) * k)
}

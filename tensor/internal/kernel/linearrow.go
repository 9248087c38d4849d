package kernel

// rowPanels is how many panels a row is multiplied with before the epilogue.
const rowPanels = 8

// rowScratch is the length of the scratch that alongRow needs.
const rowScratch = (rowPanels + 1) * PanelColumns

// alongRow is a product for one row. It waits for memory, so it goes through the panels as they lie:
// multiply leaves the sums of n panels from p on, with a bias, in whole panels. One that is not full is
// alone.
func (b *Backend) alongRow(out []float32, w Panels, e *Epilogue, from, to int, scratch []float32, multiply func(sums, bias []float32, p, n int) Count) (c, fused Count) {
	for p := from; p < to; {
		n := min(rowPanels, to-p)
		if n > 1 && w.columns(p+n-1) < PanelColumns {
			n-- // the last one alone
		}
		first, end := w.column(p), w.column(p+n)
		whole := end-first == n*PanelColumns
		sums, bias := out[first:end], e.Bias
		if e.apart() || !whole {
			sums = scratch[:n*PanelColumns]
		}
		if bias != nil {
			bias = bias[first:end]
			c.Read += int64(len(bias) * float32Bytes)
			if !whole {
				bias = scratch[rowPanels*PanelColumns:][:PanelColumns]
				copy(bias, e.Bias[first:])
			}
		}
		c.Add(multiply(sums, bias, p, n))
		c.Read += int64((end - first) * w.rowBytes())
		done, more := e.finish(b, out[first:], 0, sums, 0, 1, end-first)
		c.Add(done)
		fused.Add(more)
		p += n
	}
	return c, fused
}

// linearRow is Linear for one row.
func (b *Backend) linearRow(out, in []float32, w Panels, e *Epilogue, from, to int, scratch []float32) (c, fused Count) {
	return b.alongRow(out, w, e, from, to, scratch, func(sums, bias []float32, p, n int) (c Count) {
		c = b.panels(sums, in, w, bias, p, n)
		if p == 0 {
			c.Read += int64(w.K * float32Bytes)
		}
		return c
	})
}

// panels multiplies a row with n panels from p on.
func (b *Backend) panels(sums, in []float32, w Panels, bias []float32, p, n int) (c Count) {
	cols := w.column(p+n) - w.column(p)
	executed := cols
	switch full := cols == len(sums); {
	case full && w.Format == F32:
		b.Row(sums, in, floats(w.run(p, n)), bias)
	case full:
		b.RowBF16(sums, in, words(w.run(p, n)), bias)
	case w.Format == F32:
		b.Tile(sums, 0, in, 0, floats(w.Panel(p)), PanelColumns, w.K, 1, cols, false, bias, nil)
		executed = roundUp(cols, b.Columns)
	default:
		b.TileBF16(sums, 0, in, 0, words(w.Panel(p)), w.K, 1, cols, false, bias, nil)
		executed = roundUp(cols, b.Columns)
	}
	c.product(1, cols, executed, w.K)
	if bias != nil {
		c.Elementwise += int64(cols)
		c.Padding += int64(executed - cols)
	}
	return c
}

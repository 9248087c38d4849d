package kernel

// rowPanels is how many panels a row is multiplied with before the epilogue.
const rowPanels = 8

// linearRow is Linear for one row. It waits for memory, so it goes through the panels as they lie.
func (b *Backend) linearRow(out, in []float32, w Panels, e *Epilogue, from, to int, scratch []float32) (c, fused Count) {
	rest := *e
	rest.Bias = nil // is in the sums
	for p := from; p < to; {
		n := min(rowPanels, to-p)
		if n > 1 && w.columns(p+n-1) < PanelColumns {
			n-- // the last one alone
		}
		first, end := w.column(p), w.column(p+n)
		sums := out[first:end]
		if e.apart() {
			sums = scratch[:end-first]
		}
		var bias []float32
		if e.Bias != nil {
			bias = e.Bias[first:end]
		}
		c.Add(b.panels(sums, in, w, bias, p, n))
		c.Read += int64((end-first)*w.K*w.elementBytes() + len(bias)*float32Bytes)
		if p == 0 {
			c.Read += int64(w.K * float32Bytes)
		}
		done, more := rest.finish(b, out[first:], 0, sums, len(sums), 1, first, end)
		c.Add(done)
		fused.Add(more)
		p += n
	}
	return c, fused
}

// panels multiplies a row with n panels from p on, of which one that is not full is alone.
func (b *Backend) panels(sums, in []float32, w Panels, bias []float32, p, n int) (c Count) {
	cols, executed := len(sums), len(sums)
	panels := w.Data[p*PanelBytes(w.Format, w.K) : (p+n)*PanelBytes(w.Format, w.K)]
	switch full := cols == n*PanelColumns; {
	case full && w.Format == F32:
		b.Row(sums, in, floats(panels), bias)
	case full:
		b.RowBF16(sums, in, words(panels), bias)
	case w.Format == F32:
		b.Tile(sums, 0, in, 0, floats(panels), PanelColumns, w.K, 1, cols, false, bias, nil)
		executed = roundUp(cols, b.Columns)
	default:
		b.TileBF16(sums, 0, in, 0, words(panels), w.K, 1, cols, false, bias, nil)
		executed = roundUp(cols, b.Columns)
	}
	c.product(1, cols, executed, w.K)
	if bias != nil {
		c.Elementwise += int64(cols)
		c.Padding += int64(executed - cols)
	}
	return c
}

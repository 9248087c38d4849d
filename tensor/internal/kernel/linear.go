package kernel

// A block of the input is copied so that it stays in a core's second cache beside a panel, and so
// that its rows do not fall on the same lines of the first. No element's sum changes by it: a tile
// goes on from where the block before it ended.
const (
	blockDepth = 768 // inputs
	blockRows  = 42  // whole tiles of 14 and of 6
)

// LinearScratch is the length of the scratch that Linear needs for so many panels of w.
func LinearScratch(rows int, w Panels, e *Epilogue, panels int) int {
	if rows == 1 {
		return rowScratch
	}
	width := stride(min(w.K, blockDepth))
	switch {
	case !e.apart():
	case w.K > blockDepth:
		width += panels * PanelColumns
	default:
		width += PanelColumns
	}
	return min(rows, blockRows) * width
}

// stride is at least n, and an odd number of cache lines.
func stride(n int) int {
	const line = CacheLine / float32Bytes
	return ((n+line-1)/line | 1) * line
}

// Linear is, for the outputs j of panels from up to to,
//
//	for i := range rows {
//		var sum float32
//		for k := range w.K {
//			sum += in[i*ldi+k] * w[j][k]
//		}
//		out[i*ldo+j] = epilogue(sum)
//	}
//
// What the epilogue does under the name of another operator is counted as fused.
func (b *Backend) Linear(out []float32, ldo int, in []float32, ldi, rows int, w Panels, e *Epilogue, from, to int, scratch []float32) (c, fused Count) {
	if rows == 1 {
		return b.linearRow(out, in, w, e, from, to, scratch)
	}
	parts := (w.K + blockDepth - 1) / blockDepth
	for i := 0; i < rows; i += blockRows {
		g := product{Panels: w, sums: out[i*ldo:], ld: ldo, panel: PanelColumns, rows: min(blockRows, rows-i)}
		copied := scratch
		if e.apart() {
			g.ld, g.panel, g.origin = PanelColumns, 0, from
			sums := g.rows * PanelColumns
			if parts > 1 {
				g.panel, sums = sums, sums*(to-from)
			}
			g.sums, copied = scratch[:sums], scratch[sums:]
		}
		for n := range parts {
			g.first, g.depth = w.K*n/parts, w.K*(n+1)/parts-w.K*n/parts
			g.block(in[i*ldi+g.first:], ldi, copied)
			for p := from; p < to; p++ {
				first, end := w.column(p), w.column(p+1)
				var bias []float32
				if n+1 == parts && e.Bias != nil {
					bias = e.Bias[first:end]
				}
				if n+1 == parts && e.apart() {
					g.result, g.ldr = out[i*ldo+first:], ldo
				}
				c.Add(b.panel(&g, p, bias, p+1 < to))
				if i == 0 {
					c.Read += int64(g.depth*(end-first)*w.elementBytes() + len(bias)*float32Bytes)
				}
				if p == 0 {
					c.Read += int64(g.rows * g.depth * float32Bytes)
				}
				if n+1 == parts {
					done, more := e.finish(b, out[i*ldo+first:], ldo, g.at(p), g.ld, g.rows, end-first)
					c.Add(done)
					fused.Add(more)
				}
			}
		}
	}
	return c, fused
}

// A product is some rows' inputs, depth of them from the first on, times the same of Panels.
type product struct {
	Panels
	sums         []float32
	ld, panel    int // from a row to the next in sums, and from a panel to the next, if they are kept,
	origin       int // of which this is the first
	in           []float32
	ldi          int
	rows         int
	first, depth int
	result       []float32 // where the panel's sums will go from here, if they do
	ldr          int
}

// at is where the sums of panel p begin.
func (g *product) at(p int) []float32 { return g.sums[(p-g.origin)*g.panel:] }

// block sets the inputs, copied unless there is one row.
func (g *product) block(in []float32, ldi int, scratch []float32) {
	g.in, g.ldi = in, ldi
	if g.rows == 1 {
		return
	}
	g.in, g.ldi = scratch, stride(g.depth)
	for i := range g.rows {
		copy(scratch[i*g.ldi:][:g.depth], in[i*ldi:])
	}
}

// panel multiplies with panel p, in groups of rows as equal as can be. Where there is a next
// panel, that is fetched meanwhile.
func (b *Backend) panel(g *product, p int, bias []float32, next bool) (c Count) {
	part := func(p int) []byte {
		panel := g.Panel(p)
		return panel[len(panel)/g.K*g.first:][:len(panel)/g.K*g.depth]
	}
	panel, cols := part(p), g.columns(p)
	var ahead []byte
	if next {
		ahead = part(p + 1)
	}
	executed := roundUp(cols, b.Columns)
	groups := (g.rows + b.Rows - 1) / b.Rows
	for n := range groups {
		i, end := g.rows*n/groups, g.rows*(n+1)/groups
		sums, in, next := g.at(p)[i*g.ld:], g.in[i*g.ldi:], ahead[len(ahead)*n/groups:len(ahead)*(n+1)/groups]
		if g.result != nil { // is in the first cache when the sums are
			b.FetchRows(g.result[i*g.ldr:], g.ldr, end-i, cols)
		}
		switch g.Format {
		case F32:
			b.Tile(sums, g.ld, in, g.ldi, floats(panel), PanelColumns, g.depth, end-i, cols, g.first > 0, bias, next)
		case BF16:
			b.TileBF16(sums, g.ld, in, g.ldi, words(panel), g.depth, end-i, cols, g.first > 0, bias, next)
		default:
			panic(badFormat)
		}
		c.product(end-i, cols, executed, g.depth)
		if bias != nil {
			c.Elementwise += int64((end - i) * cols)
			c.Padding += int64((end - i) * (executed - cols))
		}
	}
	return c
}

// product counts a tile of rows × cols sums of k products each, in which executed columns ran.
func (c *Count) product(rows, cols, executed, k int) {
	c.Products += int64(multiplyAdd * rows * cols * k)
	c.Padding += int64(multiplyAdd * rows * (executed - cols) * k)
}

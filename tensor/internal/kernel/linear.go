package kernel

// Panels is a matrix of N rows and K columns packed for Tile: panel p holds rows 32p to 32p+31
// as [K][32], and the last panel is filled up with zeros.
type Panels struct {
	N, K int
	Data []float32
}

// NewPanels returns a matrix of zeros.
func NewPanels(n, k int) Panels {
	w := Panels{N: n, K: k, Data: make([]float32, PanelCount(n)*PanelColumns*k)}
	hugePages(w.Data)
	return w
}

// PanelCount is the number of panels for n rows.
func PanelCount(n int) int { return (n + PanelColumns - 1) / PanelColumns }

// Panel is panel p, [K][32].
func (w Panels) Panel(p int) []float32 {
	return w.Data[p*w.K*PanelColumns : (p+1)*w.K*PanelColumns]
}

// A block of the input is copied so that it stays in a core's second cache beside a panel, and so
// that its rows do not fall on the same lines of the first. No element's sum changes by it: a tile
// goes on from where the block before it ended.
const (
	blockDepth = 768 // inputs
	blockRows  = 42  // whole tiles of 14 and of 6
)

// LinearScratch is the length of the scratch that Linear needs.
func LinearScratch(rows, k int) int { return min(rows, blockRows) * stride(min(k, blockDepth)) }

// stride is at least n, and an odd number of cache lines.
func stride(n int) int {
	const line = 64 / float32Bytes
	return ((n+line-1)/line | 1) * line
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
func (b *Backend) Linear(out []float32, ldo int, in []float32, ldi, rows int, w Panels, bias []float32, from, to int, scratch []float32) (c Count) {
	parts := (w.K + blockDepth - 1) / blockDepth
	if rows == 1 {
		parts = 1 // one row fits, and reads the weights as they lie
	}
	for i := 0; i < rows; i += blockRows {
		r := min(blockRows, rows-i)
		for n := range parts {
			first, end := w.K*n/parts, w.K*(n+1)/parts
			g := product{Panels: w, out: out[i*ldo:], ldo: ldo, rows: r, first: first, depth: end - first}
			g.block(in[i*ldi+first:], ldi, scratch)
			for p := from; p < to; p++ {
				c.Add(b.panel(&g, p, p+1 < to))
				if i == 0 {
					c.Read += int64(g.depth * w.columns(p) * float32Bytes)
				}
				if p == 0 {
					c.Read += int64(r * g.depth * float32Bytes)
				}
			}
		}
		c.Add(b.finish(out[i*ldo:], ldo, r, bias, w.column(from), w.column(to)))
		if i == 0 && bias != nil {
			c.Read += int64((w.column(to) - w.column(from)) * float32Bytes)
		}
	}
	return c
}

// column is where panel p begins, or the end.
func (w Panels) column(p int) int { return min(p*PanelColumns, w.N) }

// columns is how many columns panel p has.
func (w Panels) columns(p int) int { return w.column(p+1) - w.column(p) }

// A product is some rows' inputs, depth of them from the first on, times the same of Panels.
type product struct {
	Panels
	out          []float32
	ldo          int
	in           []float32
	ldi          int
	rows         int
	first, depth int
}

// block sets the inputs, copied unless there is one row, which is read once a panel as it lies.
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
func (b *Backend) panel(g *product, p int, next bool) (c Count) {
	part := func(p int) []float32 { return g.Panel(p)[g.first*PanelColumns:][:g.depth*PanelColumns] }
	panel, cols := part(p), g.columns(p)
	var ahead []float32
	if next {
		ahead = part(p + 1)
	}
	executed := roundUp(cols, b.Columns)
	groups := (g.rows + b.Rows - 1) / b.Rows
	for n := range groups {
		i, end := g.rows*n/groups, g.rows*(n+1)/groups
		b.Tile(g.out[i*g.ldo+p*PanelColumns:], g.ldo, g.in[i*g.ldi:], g.ldi, panel, PanelColumns,
			g.depth, end-i, cols, g.first > 0, ahead[len(ahead)*n/groups:len(ahead)*(n+1)/groups])
		c.product(end-i, cols, executed, g.depth)
	}
	return c
}

// finish adds the bias to the columns from up to to, which are then written.
func (b *Backend) finish(out []float32, ldo, rows int, bias []float32, from, to int) (c Count) {
	for i := range rows {
		if bias != nil {
			b.Add(out[i*ldo:][from:to], bias[from:to])
			c.Elementwise += int64(to - from)
		}
		c.Written += int64((to - from) * float32Bytes)
	}
	return c
}

// product counts a tile of rows × cols sums of k products each, in which executed columns ran.
func (c *Count) product(rows, cols, executed, k int) {
	c.Products += int64(multiplyAdd * rows * cols * k)
	c.Padding += int64(multiplyAdd * rows * (executed - cols) * k)
}

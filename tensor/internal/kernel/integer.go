package kernel

import (
	"encoding/binary"
	"math"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// Products with weights that are integers: the activations of a row are rotated and made integers too, in
// groups of inputs with a scale each. Weights are held unsigned, with an offset that the sum of a
// group's activations takes out again: a group's int32 sum starts at -offset times it.
// Every sum of a group is exact.

// An integers is a format's micro-kernels and constants.
type integers struct {
	offset int32 // of the weights
	group  int   // inputs that share a scale
	width  int   // bytes of an activation
	tiled  bool  // a row's activations lie side by side, and starts and scales behind them
	scaled int   // operations that add a group's sum to the total
	once   int   // operations that scale an output's total

	groups func(q, start, scale []byte, qStep, wordStep int, x []float32, xStep int, times []float32, size, groups int, offset int32) // nil is none
	round  func(to []byte, x []float32, scale float32) (sum int32)
	dot    func(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, ahead []byte)
	rows   int                // the most of dot, which has at least 2
	panels int                // the most of dot
	block  int                // rows that go through the panels at once
	widen  func(to, w []byte) // makes what dot takes of a panel, if that is anything else
	row    func(out []float32, a, w []byte, k, group int, bias []float32)
}

// int8s and int4s complete the micro-kernels of a backend.
func int8s(k integers) integers {
	k.offset, k.group, k.scaled, k.once = offsetInt8, groupInt8, multiplyAdd, 1
	return k
}

func int4s(k integers) integers {
	k.offset, k.group, k.scaled = offsetInt4, groupInt4, multiplyAdd+1
	return k
}

const (
	mostActivation = 127
	least          = 0x1p-118 // the smallest magnitude that keeps numbers from being taken for zeros
	wordBytes      = 4        // of a group's start and of its scale
)

// tileInputs is what inputs are a multiple of that go through tiles, in int8 in one group.
const tileInputs = 64

// integers are those for so many rows of k activations.
func (b *Backend) integers(f Format, rows, k int) *integers {
	if t := &b.Tiles[f]; t.dot != nil && rows > 1 && k%tileInputs == 0 && (f == Int4 || k <= groupInt8) {
		return t
	}
	return &b.Integers[f]
}

// RowBytes is the length of a row of k activations as Quantize makes it for weights of format f:
// for each group an int32, the activations, and their scale in float32. It is an odd number of
// cache lines, so that rows do not fall on the same ones of the first cache.
func (b *Backend) RowBytes(f Format, k int) int {
	g := &b.Integers[f]
	n := roundUp(k, pure.DotInputs)
	bytes := n*g.width + (n+g.group-1)/g.group*2*wordBytes
	return ((bytes+CacheLine-1)/CacheLine | 1) * CacheLine
}

// RowBytes is Backend.RowBytes where an activation is a byte.
func RowBytes(f Format, k int) int { return portable.RowBytes(f, k) }

// Quantize is, for the rows from up to to of x, which has so many, and each group g of their k inputs,
// rotated,
//
//	scale := max(abs(x[i][g])) / 127
//	for j := range g {
//		out[i][g][j] = int8(roundToEven(x[i][g][j] / scale))
//	}
//
// with one division for each group. A group that has an infinity or no number, if only after it was rotated,
// gets no number for its scale, and so all its products. scratch is for k numbers.
func (b *Backend) Quantize(out []byte, x []float32, rows, k int, f Format, from, to int, scratch []float32) (c Count) {
	g, stride := b.integers(f, rows, k), b.RowBytes(f, k)
	for i := from; i < to; i++ {
		row, rotated := out[i*stride:(i+1)*stride], scratch[:k]
		most := b.rotate(rotated, x[i*k:(i+1)*k], &c)
		if k <= g.group {
			start, q, scale := g.place(row, k, 0, k)
			c.Add(g.makeGroup(q, start, scale, rotated, most))
		} else {
			g.makeRow(b, row, rotated, &c)
		}
		c.Read += int64(k * float32Bytes)
	}
	return c
}

// makeRow makes a row of activations of several groups.
func (g *integers) makeRow(b *Backend, row []byte, x []float32, c *Count) {
	n := g.group
	start, q, scale := g.place(row, len(x), 0, min(n, len(x)))
	qStep, wordStep := n*g.width+2*wordBytes, n*g.width+2*wordBytes
	if g.tiled {
		qStep, wordStep = n, 2*wordBytes
	}
	whole := len(x) / n
	if whole > 0 {
		g.makeGroups(b, q, start, scale, qStep, wordStep, x, n, n, whole, c)
	}
	if rest := len(x) % n; rest > 0 {
		start, q, scale = g.place(row, len(x), whole*n, rest)
		g.makeGroups(b, q, start, scale, 0, 0, x[whole*n:], 0, rest, 1, c)
	}
}

// makeGroups makes so many groups of n: their integers lie qStep behind each other, starts and scales
// wordStep, and activations xStep.
func (g *integers) makeGroups(b *Backend, q, start, scale []byte, qStep, wordStep int, x []float32, xStep, n, groups int, c *Count) {
	if g.groups != nil && (n == 64 || n == 128) {
		g.groups(q, start, scale, qStep, wordStep, x, xStep, nil, n, groups, g.offset)
		c.Add(groupCount(n, groups))
		return
	}
	for i := range groups {
		numbers := x[i*xStep:][:n]
		c.Add(g.makeGroup(q[i*qStep:], start[i*wordStep:], scale[i*wordStep:], numbers, b.MaxAbs(numbers)))
	}
}

// makeGroup makes a group of x, whose largest magnitude is most.
func (g *integers) makeGroup(q, start, scale []byte, x []float32, most float32) Count {
	q = q[:roundUp(len(x), pure.DotInputs)*g.width]
	inverse, by := mostActivation/most, most*(1.0/mostActivation)
	finite := most <= math.MaxFloat32
	if !finite || most < least {
		inverse, by = 0, 0
	}
	sum := g.round(q, x, inverse)
	if !finite {
		clear(q)
		sum, by = 0, float32(math.NaN())
	}
	binary.LittleEndian.PutUint32(start, uint32(-g.offset*sum))
	binary.LittleEndian.PutUint32(scale, math.Float32bits(by))
	return groupCount(len(x), 1)
}

// groupCount is what making so many groups of n takes: the products and their sum, the scale and the start; a division.
func groupCount(n, groups int) Count {
	return Count{Elementwise: int64(groups * (2*n + 2)), Special: int64(groups)}
}

// place is where the start, the integers and the scale of a group of n inputs, from the first on, begin in a row
// of k.
func (g *integers) place(row []byte, k, first, n int) (start, q, scale []byte) {
	word := first / g.group * 2 * wordBytes
	if g.tiled {
		start = row[k+word:]
		return start, row[first:], start[wordBytes:]
	}
	start = row[first*g.width+word:]
	return start, start[wordBytes:], start[wordBytes+roundUp(n, pure.DotInputs)*g.width:]
}

// dotRows is a block of rows, whose activations stay in a core's second cache beside two panels.
const dotRows = 56

// DotScratch is the length of the scratch that Dot needs for weights with k inputs.
func (b *Backend) DotScratch(f Format, k int) int {
	g, t := &b.Integers[f], &b.Tiles[f]
	n := max((g.rows+1)*g.panels, (t.rows+1)*t.panels) * PanelColumns
	n = max(n, rowScratch)
	if t.widen != nil {
		n += (WidePanel(k) + CacheLine) / float32Bytes
	}
	return n
}

// WidePanel is the length of a panel of k inputs, a multiple of groupInt4, whose weights of 4 bits are
// bytes, and their scales float32s behind each group.
func WidePanel(k int) int { return k / groupInt4 * (groupInt4 + float32Bytes) * PanelColumns }

// Dot is Linear for weights that are integers and rows that Quantize has made of as many.
func (b *Backend) Dot(out []float32, ldo int, in []byte, rows int, w Panels, e *Epilogue, from, to int, scratch []float32) (c, fused Count) {
	d := dots{integers: b.integers(w.Format, rows, w.K), Panels: w, backend: b, epilogue: e, scratch: scratch,
		stride: b.RowBytes(w.Format, w.K), depth: roundUp(w.K, pure.DotInputs)}
	if d.widen != nil {
		n := WidePanel(w.K)
		d.wide, d.scratch = align(bytes(scratch))[:n], scratch[(n+CacheLine)/float32Bytes:]
	}
	if rows == 1 {
		d.in = in
		return b.alongRow(out, w, e, from, to, scratch, d.row)
	}
	together := d.panels
	if rows <= d.rows {
		together = 1 // each is met once, and waits for memory: the next one is fetched meanwhile
	}
	for n, blocks := 0, (rows+d.block-1)/d.block; n < blocks; n++ {
		i, end := rows*n/blocks, rows*(n+1)/blocks
		d.out, d.ldo, d.in, d.count = out[i*ldo:], ldo, in[i*d.stride:], end-i
		for p := from; p < to; p += together {
			width := min(together, to-p)
			done, more := d.run(p, width)
			c.Add(done)
			fused.Add(more)
			if i == 0 {
				cols := w.column(p+width) - w.column(p)
				c.Read += int64(cols * w.rowBytes())
				if e.Bias != nil {
					c.Read += int64(cols * float32Bytes)
				}
			}
		}
	}
	return c, fused
}

// A dots is some rows times Panels.
type dots struct {
	*integers
	Panels
	backend       *Backend
	epilogue      *Epilogue
	scratch       []float32
	wide          []byte // a panel as dot takes it, where that is made
	stride, depth int    // of a row: bytes, inputs filled up
	out           []float32
	ldo           int
	in            []byte
	count         int // of rows
}

// row multiplies one row with n panels from p on.
func (d *dots) row(sums, bias []float32, p, n int) Count {
	d.integers.row(sums, d.in, d.Panels.run(p, n), d.depth, d.group, bias)
	return d.work(1, d.column(p+n)-d.column(p), bias != nil)
}

// run multiplies with n panels from p on, in groups of rows as equal as can be. What comes behind them
// is fetched meanwhile.
func (d *dots) run(p, n int) (c, fused Count) {
	panels, first, columns := d.Panels.run(p, n), d.column(p), n*PanelColumns
	cols := d.column(p+n) - first
	if d.widen != nil {
		d.widen(d.wide, panels)
		panels = d.wide
	}
	ahead := d.Panels.run(p+n, min(n, PanelCount(d.N)-p-n))
	bias, sums := d.epilogue.Bias, d.scratch[columns:]
	if bias != nil {
		bias = bias[first : first+cols]
	}
	rest := *d.epilogue      // what a dot leaves to do
	whole := cols == columns // as a dot reads and writes it
	if bias != nil && !whole {
		bias = d.scratch[:columns]
		copy(bias, d.epilogue.Bias[first:])
	}
	add := rest.Add && !rest.Activate && whole
	rest.Add = rest.Add && !add
	apart := rest.apart() || !whole
	rows := 0 // that went through a dot
	for groups, n := (d.count+d.rows-1)/d.rows, 0; n < groups; n++ {
		i, end := d.count*n/groups, d.count*(n+1)/groups
		out := d.out[i*d.ldo+first:]
		to, ld := out, d.ldo
		if apart {
			to, ld = sums, columns
		}
		d.dot(to, ld, d.in[i*d.stride:], d.stride, panels, d.depth, d.group, end-i, bias, add, out, d.ldo, ahead[len(ahead)*n/groups:len(ahead)*(n+1)/groups])
		rows += end - i
		if apart {
			done, more := rest.finish(d.backend, out, d.ldo, to, ld, end-i, cols)
			c.Add(done)
			fused.Add(more)
		}
	}
	c.Add(d.work(rows, cols, bias != nil))
	if !apart {
		c.Written += int64(rows * cols * float32Bytes)
	}
	if add {
		fused.addedTo(rows * cols)
	}
	return c, fused
}

// scalings is the operations that scale an output of so many inputs.
func (g *integers) scalings(depth int) int { return g.scaled*((depth+g.group-1)/g.group) + g.once }

// work is what dots of so many rows did, of whose outputs cols are inside the matrix.
func (d *dots) work(rows, cols int, bias bool) (c Count) {
	c.product(rows, cols, cols, d.K)
	executed := roundUp(cols, PanelColumns)
	c.Padding = int64(multiplyAdd*rows*executed*d.depth) - c.Products
	scaled := d.scalings(d.depth)
	if bias {
		scaled++
	}
	c.Elementwise = int64(rows * cols * scaled)
	c.Padding += int64(rows * (executed - cols) * scaled)
	return c
}

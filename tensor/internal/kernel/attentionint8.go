package kernel

import (
	"math"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// rowsInt8 is how many rows of a head go through blocks of int8 together: whole tiles.
const rowsInt8 = 64

// headsInt8 is Heads for blocks of int8: with integer(x) what Quantize makes of x, and scale(x) the scale,
//
//	for j := range p + 1 {
//		score[j] = Σ_d integer(q[i]·Scale)[d]·integer(key[j])[d] · scale(q[i]·Scale) · scale(key[j])
//		e[j] = exp(score[j] − max(score))
//		w[j] = e[j] · scale(value[j])
//	}
//	for _, g := range blocks(p + 1) {
//		out[i][d] += Σ_j integer(w[g])[j]·integer(value[g][j])[d] · scale(w[g])
//	}
//	out[i][d] *= 1 / Σ e
//
// Sums of integers are exact; those of blocks are added in order.
func (b *Backend) headsInt8(a, next *Attention, from, to int, scratch []float32) (products, softmax Count) {
	h := headInt8{Attention: a, next: next, backend: b, ld: stride(roundUp(a.Past+a.Rows, BlockPositionsInt8))}
	h.queryBytes, h.weightBytes = b.RowBytes(Int8, a.Size), b.RowBytes(Int8, BlockPositionsInt8)
	h.scratch, scratch = scratch[:rowsInt8*PanelColumns], scratch[rowsInt8*PanelColumns:]
	h.query, scratch = scratch[:rowsInt8*a.Size], scratch[rowsInt8*a.Size:]
	room := align(bytes(scratch))
	h.room, room = room[:a.appendRoom()], room[roundUp(a.appendRoom(), CacheLine):]
	h.weights, room = room[:rowsInt8*h.weightBytes], room[rowsInt8*h.weightBytes:]
	h.queries, room = room[:rowsInt8*h.queryBytes], room[rowsInt8*h.queryBytes:]
	h.scores = floats(room)
	if a.Queries == 1 { // waits for memory: so the heads go through each block side by side, as they lie
		for ; from < to; from += maxHeads {
			var asks [maxHeads]ask
			n := min(to-from, maxHeads)
			for i := range n {
				asks[i] = ask{head: from + i, rows: 1, place: i}
			}
			h.append(from, from+n)
			h.answer(asks[:n])
		}
		return h.products, h.softmax
	}
	h.append(from, to)
	for ; from < to; from++ {
		groups := (a.Queries + rowsInt8 - 1) / rowsInt8
		for n := range groups {
			first, end := a.Queries*n/groups, a.Queries*(n+1)/groups
			one := [1]ask{{head: from, first: first, rows: end - first}}
			h.answer(one[:])
		}
	}
	return h.products, h.softmax
}

// scratchInt8 is ScratchSize for blocks of int8.
func (b *Backend) scratchInt8(k Blocks, positions int) int {
	row := stride(roundUp(positions, BlockPositionsInt8)) + (b.RowBytes(Int8, k.Size)+b.RowBytes(Int8, BlockPositionsInt8))/float32Bytes
	return rowsInt8*(row+PanelColumns+k.Size) + (k.appendRoom()+2*CacheLine)/float32Bytes
}

// A headInt8 is what headsInt8 is doing.
type headInt8 struct {
	*Attention
	next                    *Attention
	backend                 *Backend
	query, scratch          []float32
	queries, weights        []byte // rows of integers
	queryBytes, weightBytes int
	room                    []byte // for new keys and values
	scores                  []float32
	ld                      int
	products, softmax       Count
}

// An ask is some rows of a head.
type ask struct {
	head, first, rows int
	place             int // of its first row among queries and scores
}

// sees is how many positions the first row does; each row after it sees one more.
func (h *headInt8) sees(k *ask) int { return h.Past + h.Rows - h.Queries + k.first + 1 }

// from is the first row that sees block n.
func (h *headInt8) from(k *ask, n int) int { return max(0, n*BlockPositionsInt8-h.sees(k)+1) }

// seen is how many positions of block n the rows of an ask see, added up.
func (h *headInt8) seen(k *ask, n int) (sum int) {
	for r := h.from(k, n); r < k.rows; r++ {
		sum += min(BlockPositionsInt8, h.sees(k)+r-n*BlockPositionsInt8)
	}
	return sum
}

// append appends the new keys and values of some heads.
func (h *headInt8) append(from, to int) {
	h.products.Add(h.backend.appendInt8(h.Attention, from, to, h.room))
}

// answer answers asks that have as many rows, and of which only the first of a head appends.
func (h *headInt8) answer(asks []ask) {
	b := h.backend
	for i := range asks {
		if h.Queries == 1 && h.next != nil {
			h.backend.fetchOpenInt8(h.next, asks[i].head)
		}
		if k := &asks[i]; k.first == 0 {
			h.products.Read += int64((h.Past + h.Rows) * h.PositionBytes() / h.Heads) // the last row sees all of them
		}
		h.ask(&asks[i])
	}
	blocks := (h.sees(&asks[0]) + asks[0].rows - 1 + BlockPositionsInt8 - 1) / BlockPositionsInt8
	for n := range blocks {
		for i := range asks {
			h.score(&asks[i], n)
		}
	}
	var sums [rowsInt8]float32
	for i := range asks {
		for r := range asks[i].rows {
			row := h.row(&asks[i], r)
			sums[asks[i].place+r] = b.exponentials(row, &h.softmax)
			copy(row[len(row):roundUp(len(row), BlockPositionsInt8)], unseen[:])
		}
	}
	for n := range blocks {
		for i := range asks {
			h.mix(&asks[i], n)
		}
	}
	for i := range asks {
		for r := range asks[i].rows {
			h.divide(b, h.out(&asks[i], r)[:h.Size], sums[asks[i].place+r], &h.products, &h.softmax)
		}
	}
}

// unseen are the exponentials of positions that a row does not see: zeros, whose sign keeps them from being multiplied with
// the scale of a value, which may be no number.
var unseen = func() (zeros [BlockPositionsInt8]float32) {
	for i := range zeros {
		zeros[i] = math.Float32frombits(1 << 31)
	}
	return zeros
}()

// row is the scores of a row, as far as it sees.
func (h *headInt8) row(k *ask, r int) []float32 {
	return h.scores[(k.place+r)*h.ld:][:h.sees(k)+r]
}

// out is where a row's result goes, and those of the rows after it.
func (h *headInt8) out(k *ask, r int) []float32 {
	return h.Out[(k.first+r)*h.Heads*h.Size+k.head*h.Size:]
}

// asked is how many queries ahead one is fetched.
const asked = 8

// ask makes integers of the queries.
func (h *headInt8) ask(k *ask) {
	n := h.Size
	for r := range k.rows {
		q := h.Q[(k.first+r)*h.LDQ+k.head*n:]
		if r+asked < k.rows {
			h.backend.FetchRows(q[asked*h.LDQ:], h.LDQ, 1, n)
		}
		h.backend.ScaleTo(h.query[r*n:][:n], q, h.Scale)
	}
	h.products.Elementwise += int64(k.rows * n)
	h.products.Read += int64(k.rows * n * float32Bytes)
	g, rows := h.backend.integers(Int8, k.rows, n), h.queries[k.place*h.queryBytes:]
	start, q, scale := g.place(rows, n, 0, n)
	g.makeGroups(h.backend, q, start, scale, h.queryBytes, h.queryBytes, h.query, n, n, k.rows, &h.products)
}

// score is the scores of the positions of block n.
func (h *headInt8) score(k *ask, n int) {
	first, r := n*BlockPositionsInt8, h.from(k, n)
	panels := PanelCount(min(BlockPositionsInt8, h.sees(k)+k.rows-1-first))
	m := multiplication{integers: h.backend.integers(Int8, k.rows, h.Size), rows: k.rows - r, depth: roundUp(h.Size, pure.DotInputs),
		in: h.queries[(k.place+r)*h.queryBytes:], stride: h.queryBytes, out: h.scores[(k.place+r)*h.ld+first:], ldo: h.ld}
	m.multiply(bytes(h.Keys[n])[k.head*h.keysInt8():], panels, false)
	seen := h.seen(k, n)
	h.book(&m, panels, seen, seen*m.scalings(m.depth))
}

// mix adds what the values of block n come to.
func (h *headInt8) mix(k *ask, n int) {
	b, r, first := h.backend, h.from(k, n), n*BlockPositionsInt8
	panels, scales := h.valuesOf(h.Values[n], k.head)
	depth := depthInt8(min(BlockPositionsInt8, h.Past+h.Rows-first))
	m := multiplication{integers: b.integers(Int8, k.rows, depth), rows: k.rows - r, depth: depth, in: h.weights[r*h.weightBytes:], stride: h.weightBytes, out: h.out(k, r), ldo: h.Heads * h.Size, scratch: h.scratch}
	if m.groups != nil && depth == BlockPositionsInt8 {
		start, q, scale := m.place(m.in, depth, 0, depth)
		m.groups(q, start, scale, m.stride, m.stride, h.scores[(k.place+r)*h.ld+first:], h.ld, scales, depth, m.rows, m.offset)
		h.products.Add(groupCount(depth, m.rows))
	} else {
		for i := range m.rows {
			e := h.row(k, r+i)[first:]
			e = e[:min(BlockPositionsInt8, len(e))]
			b.Multiply(e, e, scales)
			start, q, scale := m.place(m.in[i*m.stride:], depth, 0, depth)
			m.makeGroups(b, q, start, scale, 0, 0, e[:depth], 0, depth, 1, &h.products)
		}
	}
	seen := h.seen(k, n)
	zeros := m.rows*depth - seen // made integers too
	h.products.Elementwise += int64(seen - 2*zeros)
	h.products.Padding += int64(2 * zeros)
	whole := h.Size / PanelColumns
	if depth == BlockPositionsInt8 && whole > 0 {
		m.multiply(panels, whole, n > 0)
	} else {
		for p := range whole {
			m.multiply(panels[p*valuePanel:], 1, n > 0)
			m.out = m.out[PanelColumns:]
		}
		m.out = h.out(k, r)
	}
	if rest := h.Size % PanelColumns; rest > 0 {
		to := m.out[whole*PanelColumns:]
		m.out, m.ldo = h.scratch, PanelColumns
		m.multiply(panels[whole*valuePanel:], 1, false)
		for i := range m.rows {
			if sums := m.out[i*PanelColumns:][:rest]; n > 0 {
				b.Add(to[i*h.Heads*h.Size:], rest, sums, rest, 1, rest)
			} else {
				copy(to[i*h.Heads*h.Size:], sums)
			}
		}
	}
	scalings := m.scalings(m.depth) * m.rows * h.Size
	h.book(&m, PanelCount(h.Size), seen, scalings)
	if n > 0 {
		h.products.Elementwise += int64(m.rows * h.Size) // added to those of the blocks before
	}
}

// A multiplication is of rows of integers with panels of so many inputs.
type multiplication struct {
	*integers
	rows, depth int
	in          []byte
	stride      int
	out         []float32
	ldo         int
	scratch     []float32 // (PanelColumns)
}

// multiply does panels that lie one behind the other; their results are added to out, or put there.
func (m *multiplication) multiply(panels []byte, n int, add bool) {
	if m.rows == 1 && !m.tiled && !add {
		m.integers.row(m.out[:n*PanelColumns], m.in, panels[:n*panelInt8(m.depth)], m.depth, m.group, nil)
		return
	}
	most := m.integers.rows
	for p := 0; p < n; p += m.panels {
		out, panel := m.out[p*PanelColumns:], panels[p*panelInt8(m.depth):min(p+m.panels, n)*panelInt8(m.depth)]
		if m.rows == 1 && !m.tiled {
			m.integers.row(m.scratch[:PanelColumns], m.in, panel, m.depth, m.group, nil)
			for j, v := range m.scratch[:PanelColumns] {
				out[j] += v
			}
			continue
		}
		for groups, i := (m.rows+most-1)/most, 0; i < groups; i++ {
			first, end := m.rows*i/groups, m.rows*(i+1)/groups
			to := out[first*m.ldo:]
			m.dot(to, m.ldo, m.in[first*m.stride:], m.stride, panel, m.depth, m.group, end-first, nil, add, to, m.ldo, nil)
		}
	}
}

// book books what a multiplication with so many panels did, where so many products of a head's elements were asked
// for, and so many operations that scale.
func (h *headInt8) book(m *multiplication, panels, products, scalings int) {
	asked := multiplyAdd * products * h.Size
	h.products.Products += int64(asked)
	h.products.Elementwise += int64(scalings)
	h.products.Padding += int64(m.rows*panels*PanelColumns*(multiplyAdd*m.depth+m.scalings(m.depth)) - asked - scalings)
}

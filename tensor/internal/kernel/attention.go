package kernel

// Attention is what one sequence needs: Rows new positions that follow Past old ones, the last of
// which ask for what they attend to.
type Attention struct {
	Blocks
	Past, Rows   int         // positions in the blocks before the call, and added by it
	Queries      int         // at most Rows
	Keys, Values [][]float32 // room for Past+Rows positions
	Q, KV        []float32   // (Queries, Heads·Size) of LDQ, and (Rows, 2·Heads·Size) of LDKV
	LDQ, LDKV    int         // from a row to the next
	Out          []float32   // (Queries, Heads·Size)
	Scale        float32     // of a score
}

// maxRows bounds a Backend's Rows, and maxHeads the heads that a row takes through the blocks
// together, so that what they need fits on the stack.
const maxRows, maxHeads = 16, 32

// ScratchSize is the length of the scratch that Heads needs where a sequence has so many positions
// after the call.
func (b *Backend) ScratchSize(k Blocks, positions int) int {
	if k.Int8 {
		return b.scratchInt8(k, positions)
	}
	return max(b.Rows, min(k.Heads, maxHeads))*(stride(roundUp(positions, BlockPositions))+k.Size) + k.Size*BlockPositions
}

// Heads appends the new keys and values of the heads from up to to to the blocks and is then, for
// each of them, and for each row i of Queries, which is at position p = Past + Rows − Queries + i,
//
//	for j := range p + 1 {
//		score[j] = Σ_d (q[i][d]·Scale) · key[j][d]
//		e[j] = exp(score[j] − max(score))
//	}
//	out[i][d] = Σ_j e[j]·value[j][d] · (1 / Σ e)
//
// (Vaswani et al. 2017, section 3.2.1, with a causal mask), or headsInt8 for blocks of int8. Softmax's part is counted apart. What
// the same heads of next, which may be nil, will read is fetched meanwhile, where it pays.
func (b *Backend) Heads(a, next *Attention, from, to int, scratch []float32) (products, softmax Count) {
	if a.Int8 {
		return b.headsInt8(a, next, from, to, scratch)
	}
	each := 1
	if a.Queries == 1 {
		each = maxHeads
	}
	for ; from < to; from += each {
		p, s := Count{}, Count{}
		if a.Queries == 1 {
			p, s = b.row(a, next, from, min(to, from+each), scratch)
		} else {
			p, s = b.head(a, from, scratch)
		}
		products.Add(p)
		softmax.Add(s)
	}
	return products, softmax
}

// head is Heads for one of them, with rows in groups, as equal as can be.
func (b *Backend) head(a *Attention, h int, scratch []float32) (products, softmax Count) {
	panel, scratch := scratch[:a.Size*BlockPositions], scratch[a.Size*BlockPositions:]
	products = b.append(a, h, panel)
	width, positions := a.Heads*a.Size, a.Past+a.Rows
	g := group{Attention: a, head: h, ld: stride(roundUp(positions, BlockPositions)), full: positions / BlockPositions, panel: panel}
	if positions%BlockPositions > 0 && a.Queries > 0 {
		b.keyPanel(panel, a, h)
	}
	g.queries, g.scores = scratch[:b.Rows*a.Size], scratch[b.Rows*a.Size:]
	groups := (a.Queries + b.Rows - 1) / b.Rows
	for n := range groups {
		first, end := a.Queries*n/groups, a.Queries*(n+1)/groups
		g.rows, g.sees = end-first, a.Past+a.Rows-a.Queries+first+1
		for i := range g.rows {
			b.ScaleTo(g.queries[i*a.Size:(i+1)*a.Size], a.Q[(first+i)*a.LDQ+h*a.Size:], a.Scale)
			products.Elementwise += int64(a.Size)
			products.Read += int64(a.Size * float32Bytes)
		}
		products.Add(b.score(&g))
		var sums [maxRows]float32
		for i := range g.rows {
			sums[i] = b.exponentials(g.scores[i*g.ld:][:g.sees+i], &softmax)
		}
		out := a.Out[first*width+h*a.Size:]
		products.Add(b.mix(&g, out))
		for i := range g.rows {
			a.divide(b, out[i*width:][:a.Size], sums[i], &products, &softmax)
		}
	}
	if a.Queries > 0 { // the last row sees all of them
		products.Read += int64(2 * (a.Past + a.Rows) * a.Size * float32Bytes)
	}
	return products, softmax
}

// divide divides a row of the result by its sum of exponentials.
func (a *Attention) divide(b *Backend, row []float32, sum float32, products, softmax *Count) {
	b.ScaleTo(row, row, 1/sum)
	softmax.Special++
	softmax.Elementwise += int64(len(row))
	products.Written += int64(len(row) * float32Bytes)
}

// exponentials makes a row of scores their exponentials, less the largest, and returns their sum.
func (b *Backend) exponentials(row []float32, c *Count) (sum float32) {
	sum = b.ExpSum(row, b.Max(row))
	c.sum(len(row))
	c.Elementwise += int64(len(row)) // the differences
	c.Special += int64(len(row))
	return sum
}

// A group is the rows, at most a Backend's Rows, that go through the blocks together.
type group struct {
	*Attention
	head, rows int
	sees       int       // positions that the first row sees: each row after it sees one more
	full       int       // blocks
	panel      []float32 // of the keys of the open one
	queries    []float32 // (rows, Size)
	scores     []float32 // (rows, ld): scores, then their exponentials
	ld         int
}

// score is scores[i][j] = Σ_d queries[i][d]·key[j][d] for whole blocks, and what of the open one the last row
// sees.
func (b *Backend) score(g *group) (c Count) {
	seen := g.sees + g.rows - 1
	blocks := min((seen+BlockPositions-1)/BlockPositions, g.full)
	executed := blocks * BlockPositions
	if blocks > 0 {
		b.Scores(g.scores, g.ld, g.queries, g.Size, g.Keys, g.at(g.head), g.Size, g.rows, blocks)
	}
	if rest := seen - executed; rest > 0 {
		b.Tile(g.scores[executed:], g.ld, g.queries, g.Size, g.panel, BlockPositions, g.Size, g.rows, rest, false, nil, nil)
		executed += roundUp(rest, b.Columns)
	}
	for i := range g.rows {
		c.product(1, g.sees+i, executed, g.Size)
	}
	return c
}

// mix is out[i][d] = Σ_j scores[i][j]·value[j][d].
func (b *Backend) mix(g *group, out []float32) (c Count) {
	b.Mix(out, g.Heads*g.Size, g.scores, g.ld, g.Values, g.at(g.head), g.Size, g.rows, g.sees, false)
	for i := range g.rows {
		c.product(1, g.Size, roundUp(g.Size, b.Columns), g.sees+i)
	}
	return c
}

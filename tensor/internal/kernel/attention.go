package kernel

// BlockPositions is how many positions a block of keys and values holds. Blocks lie at absolute
// positions, so which sums a row adds up does not depend on how the prompt was cut.
const BlockPositions = PanelColumns

// A Block is one layer's keys and values at BlockPositions positions: the keys as
// [head][size][position], panels for Tile in which a query meets all positions at once, the
// values as [head][position][size].
type Block struct {
	Keys, Values []float32
}

// NewBlock returns an empty Block.
func NewBlock(heads, size int) *Block {
	n := heads * size * BlockPositions
	data := make([]float32, 2*n)
	return &Block{Keys: data[:n:n], Values: data[n:]}
}

// Attention is what the rows of one sequence need: Rows new positions that follow Past old ones.
type Attention struct {
	Heads, Size int       // head count and the width of one
	Past, Rows  int       // positions in Blocks before the call, and added by it
	Blocks      []*Block  // room for Past+Rows positions
	QKV         []float32 // (Rows, 3·Heads·Size): queries, keys, values
	Out         []float32 // (Rows, Heads·Size)
	Scale       float32   // of a score
}

// maxRows bounds a Backend's Rows, so that what a group of rows needs fits on the stack.
const maxRows = 16

// ScratchSize is the length of the scratch that Head needs where a sequence has so many positions
// after the call.
func (b *Backend) ScratchSize(size, positions int) int {
	return b.Rows * (roundUp(positions, PanelColumns) + size)
}

// Head appends head h's new keys and values to the blocks and is then, for each new row i,
//
//	for j := range Past + i + 1 {
//		score[j] = Σ_d (q[i][d]·Scale) · key[j][d]
//		e[j] = exp(score[j] − max(score))
//	}
//	out[i][d] = Σ_j e[j]·value[j][d] · (1 / Σ e)
//
// (Vaswani et al. 2017, section 3.2.1, with a causal mask). Softmax's part is counted apart.
func (b *Backend) Head(a *Attention, h int, scratch []float32) (products, softmax Count) {
	products = a.append(h)
	var sums [maxRows]float32
	ld := roundUp(a.Past+a.Rows, PanelColumns)
	queries, scores := scratch[:b.Rows*a.Size], scratch[b.Rows*a.Size:]
	for i := 0; i < a.Rows; i += b.Rows {
		g := group{Attention: a, head: h, first: i, rows: min(b.Rows, a.Rows-i), scores: scores, ld: ld}
		for n := range g.rows {
			b.ScaleTo(queries[n*a.Size:(n+1)*a.Size], a.QKV[a.qkv(h, i+n, 0):], a.Scale)
			products.Elementwise += int64(a.Size)
			products.Read += int64(a.Size * float32Bytes)
		}
		products.Add(b.score(&g, queries))
		for n := range g.rows {
			row := scores[n*ld:][:g.sees(n)]
			sums[n] = b.ExpSum(row, b.Max(row))
			softmax.sum(len(row))
			softmax.Elementwise += int64(len(row)) // the differences from the maximum
			softmax.Special += int64(len(row))
		}
		products.Add(b.mix(&g))
		for n := range g.rows {
			row := g.out(n)
			b.ScaleTo(row, row, 1/sums[n])
			softmax.Special++
			softmax.Elementwise += int64(len(row))
			products.Written += int64(len(row) * float32Bytes)
		}
	}
	return products, softmax
}

// append copies head h's new keys and values into the blocks.
func (a *Attention) append(h int) (c Count) {
	for i := range a.Rows {
		block := a.Blocks[(a.Past+i)/BlockPositions]
		at := (a.Past + i) % BlockPositions
		keys := block.Keys[h*a.Size*BlockPositions:]
		for d, k := range a.QKV[a.qkv(h, i, 1):][:a.Size] {
			keys[d*BlockPositions+at] = k
		}
		copy(block.Values[(h*BlockPositions+at)*a.Size:][:a.Size], a.QKV[a.qkv(h, i, 2):])
		c.Read += int64(2 * a.Size * float32Bytes)
		c.Written += int64(2 * a.Size * float32Bytes)
	}
	return c
}

// qkv is where row i's query (part 0), key (1) or value (2) of head h begins in QKV.
func (a *Attention) qkv(h, i, part int) int {
	width := a.Heads * a.Size
	return (3*i+part)*width + h*a.Size
}

// A group is the rows, at most a Backend's Rows, that go through the blocks together.
type group struct {
	*Attention
	head, first, rows int
	scores            []float32 // (rows, ld): scores, then their exponentials
	ld                int
}

// sees is how many positions row n of the group attends to: all up to its own.
func (g *group) sees(n int) int { return g.Past + g.first + n + 1 }

// out is row n of the group's result.
func (g *group) out(n int) []float32 {
	return g.Out[(g.first+n)*g.Heads*g.Size+g.head*g.Size:][:g.Size:g.Size]
}

// tiles calls do with the runs of rows that see the same positions of a block: a row at a time
// where the mask's edge crosses the block, all the rest at once.
func (g *group) tiles(do func(block, row, rows, positions int)) {
	for block := range (g.sees(g.rows-1) + BlockPositions - 1) / BlockPositions {
		begin := block * BlockPositions
		for n := 0; n < g.rows; n++ {
			positions := g.sees(n) - begin
			if positions >= BlockPositions {
				do(block, n, g.rows-n, BlockPositions)
				break
			}
			if positions > 0 {
				do(block, n, 1, positions)
			}
		}
	}
}

// last tells whether the tile holds the group's last row and the group the call's: that row sees
// every position, so with it each key and value is counted as read once.
func (g *group) last(row, rows int) bool {
	return row+rows == g.rows && g.first+g.rows == g.Rows
}

// score is scores[n][j] = Σ_d queries[n][d]·key[j][d].
func (b *Backend) score(g *group, queries []float32) (c Count) {
	g.tiles(func(block, row, rows, positions int) {
		keys := g.Blocks[block].Keys[g.head*g.Size*BlockPositions:]
		b.Tile(g.scores[row*g.ld+block*BlockPositions:], g.ld, queries[row*g.Size:], g.Size,
			keys, BlockPositions, g.Size, rows, positions, false, nil)
		c.product(rows, positions, roundUp(positions, b.Columns), g.Size)
		if g.last(row, rows) {
			c.Read += int64(positions * g.Size * float32Bytes)
		}
	})
	return c
}

// mix is out[n][d] = Σ_j scores[n][j]·value[j][d].
func (b *Backend) mix(g *group) (c Count) {
	width := g.Heads * g.Size
	g.tiles(func(block, row, rows, positions int) {
		values := g.Blocks[block].Values[g.head*g.Size*BlockPositions:]
		out := g.Out[(g.first+row)*width+g.head*g.Size:]
		scores := g.scores[row*g.ld+block*BlockPositions:]
		for d := 0; d < g.Size; d += PanelColumns {
			cols := min(PanelColumns, g.Size-d)
			b.Tile(out[d:], width, scores, g.ld, values[d:], g.Size, positions, rows, cols, block > 0, nil)
			c.product(rows, cols, roundUp(cols, b.Columns), positions)
			if g.last(row, rows) {
				c.Read += int64(positions * cols * float32Bytes)
			}
		}
	})
	return c
}

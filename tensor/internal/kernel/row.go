package kernel

// row is Heads where one row asks, as in generating. Such a row waits for memory, so it goes through
// the blocks one after the other with all of its heads, whose keys, and then values, lie side by
// side there.
func (b *Backend) row(a, next *Attention, from, to int, scratch []float32) (products, softmax Count) {
	positions := a.Past + a.Rows
	full, open := positions/BlockPositions, positions%BlockPositions
	ld := stride(roundUp(positions, BlockPositions))
	panel, scratch := scratch[:a.Size*BlockPositions], scratch[a.Size*BlockPositions:]
	queries, scores := scratch[:(to-from)*a.Size], scratch[(to-from)*a.Size:]
	for h := range to - from {
		if next != nil {
			b.fetchOpen(next, from+h)
		}
		products.Add(b.append(a, from+h, panel))
		b.ScaleTo(queries[h*a.Size:(h+1)*a.Size], a.Q[(from+h)*a.Size:], a.Scale)
		products.Elementwise += int64(a.Size)
		products.Read += int64(a.Size * float32Bytes)
	}
	for n := range full {
		for h := range to - from {
			b.Scores(scores[h*ld+n*BlockPositions:], ld, queries[h*a.Size:], a.Size, a.Keys[n:], a.at(from+h), a.Size, 1, 1)
			products.product(1, BlockPositions, BlockPositions, a.Size)
		}
	}
	for h := 0; h < to-from && open > 0; h++ {
		b.keyPanel(panel, a, from+h)
		b.Tile(scores[h*ld+full*BlockPositions:], 0, queries[h*a.Size:], 0, panel, BlockPositions, a.Size, 1, open, false, nil, nil)
		products.product(1, open, roundUp(open, b.Columns), a.Size)
	}
	var sums [maxHeads]float32
	for h := range to - from {
		sums[h] = b.exponentials(scores[h*ld:][:positions], &softmax)
	}
	for n := range (positions + BlockPositions - 1) / BlockPositions {
		first := n * BlockPositions
		seen := min(BlockPositions, positions-first)
		for h := range to - from {
			b.Mix(a.Out[(from+h)*a.Size:], a.Size, scores[h*ld+first:], ld, a.Values[n:], a.at(from+h), a.Size, 1, seen, n > 0)
			products.product(1, a.Size, roundUp(a.Size, b.Columns), seen)
		}
	}
	for h := range to - from {
		a.divide(b, a.Out[(from+h)*a.Size:][:a.Size], sums[h], &products, &softmax)
	}
	products.Read += int64(2 * (to - from) * positions * a.Size * float32Bytes)
	return products, softmax
}

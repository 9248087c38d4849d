package kernel

// row is Heads where one row asks, as in generating. Such a row waits for memory, so it goes through
// the blocks one after the other with all of its heads, whose keys, and then values, lie side by
// side there.
func (b *Backend) row(a *Attention, from, to int, scratch []float32) (products, softmax Count) {
	positions := a.Past + a.Rows
	blocks := (positions + BlockPositions - 1) / BlockPositions
	ld := stride(roundUp(positions, BlockPositions))
	queries, scores := scratch[:(to-from)*a.Size], scratch[(to-from)*a.Size:]
	for h := range to - from {
		products.Add(a.append(from + h))
		b.ScaleTo(queries[h*a.Size:(h+1)*a.Size], a.Q[(from+h)*a.Size:], a.Scale)
		products.Elementwise += int64(a.Size)
		products.Read += int64(a.Size * float32Bytes)
	}
	for n := range blocks {
		first := n * BlockPositions
		for h := range to - from {
			b.Scores(scores[h*ld+first:], ld, queries[h*a.Size:], a.Size, a.Keys[n:], a.at(from+h), a.Size, 1, 1)
			products.product(1, min(BlockPositions, positions-first), BlockPositions, a.Size)
		}
	}
	var sums [maxHeads]float32
	for h := range to - from {
		sums[h] = b.exponentials(scores[h*ld:][:positions], &softmax)
	}
	for n := range blocks {
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

package kernel

import "github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"

// Keys and values lie in blocks of BlockPositions. The values of a block lie as
// [head][position][size]; so do its keys while it is open, that is, not full: a new one is then
// written to a few cache lines, and what nobody has written is not read. The keys of a full block
// lie as [head][size][position], panels in which a query meets all positions at once. An open one
// is made a panel each time it is read.

// append copies head h's new keys and values into the blocks.
func (b *Backend) append(a *Attention, h int, scratch []float32) (c Count) {
	for i := 0; i < a.Rows; {
		block, at := (a.Past+i)/BlockPositions, (a.Past+i)%BlockPositions
		n := min(BlockPositions-at, a.Rows-i)
		keys, values := a.block(a.Keys, block, h), a.block(a.Values, block, h)
		rows := a.KV[i*a.LDKV+h*a.Size:]
		if n == BlockPositions {
			b.transpose(keys, rows, a.LDKV, n, a.Size)
		} else {
			copyRows(keys[at*a.Size:], rows, a.LDKV, n, a.Size)
			if at+n == BlockPositions {
				open := scratch[:len(keys)]
				copy(open, keys)
				b.transpose(keys, open, a.Size, BlockPositions, a.Size)
			}
		}
		copyRows(values[at*a.Size:], rows[a.Heads*a.Size:], a.LDKV, n, a.Size)
		i += n
	}
	bytes := int64(2 * a.Rows * a.Size * float32Bytes)
	return Count{Read: bytes, Written: bytes}
}

// block is head h's part of a block of keys or values.
func (a *Attention) block(list [][]float32, n, h int) []float32 {
	return list[n][a.at(h):][:a.Size*BlockPositions]
}

// at is where head h begins in a block.
func (a *Attention) at(h int) int { return h * a.Size * BlockPositions }

func copyRows(to, from []float32, ld, rows, cols int) {
	for i := range rows {
		copy(to[i*cols:][:cols], from[i*ld:])
	}
}

// squares is what Transpose has multiples of.
const squares = 16

// transpose is Transpose for any number of columns.
func (b *Backend) transpose(out, in []float32, ldi, rows, cols int) {
	whole := cols / squares * squares
	if whole > 0 {
		b.Transpose(out, in, ldi, rows, whole)
	}
	if whole < cols {
		pure.Transpose(out[whole*BlockPositions:], in[whole:], ldi, rows, cols-whole)
	}
}

// keyPanel makes head h's keys of the open block a panel, [size][position]. Columns beyond its
// positions are undefined.
func (b *Backend) keyPanel(panel []float32, a *Attention, h int) {
	positions := a.Past + a.Rows
	block, open := positions/BlockPositions, positions%BlockPositions
	b.transpose(panel, a.block(a.Keys, block, h), a.Size, roundUp(open, squares), a.Size)
}

// fetchOpen asks for what row will read of head h in the open block: there is too little of it in one
// place for the processor to do so by itself.
func (b *Backend) fetchOpen(a *Attention, h int) {
	if block, open := a.Past/BlockPositions, a.Past%BlockPositions; open > 0 {
		b.Fetch(a.block(a.Keys, block, h)[:(open+1)*a.Size])
		b.Fetch(a.block(a.Values, block, h)[:(open+1)*a.Size])
	}
}

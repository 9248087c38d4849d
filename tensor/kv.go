package tensor

import "github.com/gptmeter/gptmeter/tensor/internal/kernel"

// A KV holds the keys and values of one layer for the positions of one sequence, in float32.
// It grows with the positions that Exec.Attention appends.
type KV struct {
	heads, size int
	length      int
	blocks      []*kernel.Block
}

// NewKV returns an empty KV for so many heads of so many elements.
func NewKV(heads, size int) *KV { return &KV{heads: heads, size: size} }

// Len is the number of positions held.
func (c *KV) Len() int { return c.length }

// Bytes is the memory that c holds, with blocks that it shares.
func (c *KV) Bytes() int64 { return KVBytes(c.heads, c.size, len(c.blocks)*kernel.BlockPositions) }

// KVBytes is the memory that a KV of so many positions holds.
func KVBytes(heads, size, positions int) int64 {
	blocks := (positions + kernel.BlockPositions - 1) / kernel.BlockPositions
	return int64(blocks) * int64(2*heads*size*kernel.BlockPositions) * 4
}

// Prefix returns a KV of the first n positions. Full blocks are shared, since nothing ever
// changes in them; the positions beyond them are copied, so that both can grow.
func (c *KV) Prefix(n int) *KV {
	if n < 0 || n > c.length {
		panic(badPrefix)
	}
	full := n / kernel.BlockPositions
	p := &KV{heads: c.heads, size: c.size, length: n, blocks: append([]*kernel.Block(nil), c.blocks[:full]...)}
	if n%kernel.BlockPositions > 0 {
		last := kernel.NewBlock(c.heads, c.size)
		copy(last.Keys, c.blocks[full].Keys)
		copy(last.Values, c.blocks[full].Values)
		p.blocks = append(p.blocks, last)
	}
	return p
}

// reserve makes room for n more positions.
func (c *KV) reserve(n int) {
	for len(c.blocks)*kernel.BlockPositions < c.length+n {
		c.blocks = append(c.blocks, kernel.NewBlock(c.heads, c.size))
	}
}

package tensor

import "github.com/gptmeter/gptmeter/tensor/internal/kernel"

// A KV holds the keys and values of one layer for the positions of one sequence, in float32.
// It grows with the positions that Exec.Attention appends.
type KV struct {
	heads, size  int
	length       int
	keys, values [][]float32 // blocks, as package kernel has them
	rooms        [][]float32 // that this KV was the first to get some of
	lent         bool        // blocks are shared with a Prefix
}

// NewKV returns an empty KV for so many heads of so many elements.
func NewKV(heads, size int) *KV { return &KV{heads: heads, size: size} }

// Len is the number of positions held.
func (c *KV) Len() int { return c.length }

// Bytes is the memory that c holds, with blocks that it shares.
func (c *KV) Bytes() int64 { return KVBytes(c.heads, c.size, len(c.keys)*kernel.BlockPositions) }

// KVBytes is the memory that a KV of so many positions holds.
func KVBytes(heads, size, positions int) int64 {
	return int64(blocksOf(positions)) * int64(2*heads*size*kernel.BlockPositions) * 4
}

// blocksOf is how many blocks have room for so many positions.
func blocksOf(positions int) int {
	return (positions + kernel.BlockPositions - 1) / kernel.BlockPositions
}

// Prefix returns a KV of the first n positions. Full blocks are shared, since nothing ever
// changes in them; the positions beyond them are copied, so that both can grow.
func (c *KV) Prefix(n int) *KV {
	if n < 0 || n > c.length {
		panic(badPrefix)
	}
	full := n / kernel.BlockPositions
	c.lent = c.lent || full > 0
	p := &KV{heads: c.heads, size: c.size, length: n,
		keys: append([][]float32(nil), c.keys[:full]...), values: append([][]float32(nil), c.values[:full]...)}
	if n%kernel.BlockPositions > 0 {
		p.Reserve(n)
		kernel.CopyKeys(p.keys[full], c.keys[full], c.size, n%kernel.BlockPositions, c.length/kernel.BlockPositions > full)
		copy(p.values[full], c.values[full])
	}
	return p
}

// Reserve makes room for so many positions in all: Attention then allocates nothing up to them.
func (c *KV) Reserve(positions int) { Reserve([]*KV{c}, positions) }

// Reserve makes room for so many positions in each of list, in one run of memory: the system has
// huge pages for long ones.
func Reserve(list []*KV, positions int) {
	missing := func(c *KV) int {
		return max(blocksOf(positions)-len(c.keys), 0) * kernel.BlockLength(c.heads*c.size)
	}
	all := 0
	for _, c := range list {
		all += missing(c)
	}
	if all == 0 {
		return
	}
	room := newRoom(all)
	list[0].rooms = append(list[0].rooms, room)
	for _, c := range list {
		n := missing(c)
		c.keys, c.values = kernel.AppendBlocks(c.keys, c.values, room[:n], c.heads*c.size)
		room = room[n:]
	}
}

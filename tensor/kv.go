package tensor

import "github.com/gptmeter/gptmeter/tensor/internal/kernel"

// A KV holds the keys and values of one layer for the positions of one sequence.
// It grows with the positions that Exec.Attention appends.
type KV struct {
	layout       kernel.Blocks
	length       int
	keys, values [][]float32 // blocks, as package kernel has them
	rooms        [][]float32 // that this KV was the first to get some of
	lent         bool        // blocks are shared with a Prefix
}

// NewKV returns an empty KV for so many heads of so many elements, beside weights that are held as d:
// with integers, keys and values are int8 with a scale for each position and head, else float32.
func NewKV(heads, size int, d DType) *KV { return &KV{layout: layout(heads, size, d)} }

func layout(heads, size int, d DType) kernel.Blocks {
	return kernel.Blocks{Heads: heads, Size: size, Int8: d.Integer()}
}

// Len is the number of positions held.
func (c *KV) Len() int { return c.length }

// Bytes is the memory that c holds, with blocks that it shares.
func (c *KV) Bytes() int64 { return int64(len(c.keys)) * blockBytes(c.layout) }

// KVBytes is the memory that a KV of so many positions holds.
func KVBytes(heads, size, positions int, d DType) int64 {
	k := layout(heads, size, d)
	return int64(k.Count(positions)) * blockBytes(k)
}

func blockBytes(k kernel.Blocks) int64 { return int64(k.Length()) * 4 }

// Prefix returns a KV of the first n positions. Full blocks are shared, since nothing ever
// changes in them; the positions beyond them are copied, so that both can grow.
func (c *KV) Prefix(n int) *KV {
	if n < 0 || n > c.length {
		panic(badPrefix)
	}
	full := n / c.layout.Positions()
	c.lent = c.lent || full > 0
	p := &KV{layout: c.layout, length: n,
		keys: append([][]float32(nil), c.keys[:full]...), values: append([][]float32(nil), c.values[:full]...)}
	if rest := n % c.layout.Positions(); rest > 0 {
		p.Reserve(n)
		c.layout.Copy(p.keys[full], p.values[full], c.keys[full], c.values[full], rest, c.length/c.layout.Positions() > full)
	}
	return p
}

// Reserve makes room for so many positions in all: Attention then allocates nothing up to them.
func (c *KV) Reserve(positions int) { Reserve([]*KV{c}, positions) }

// Reserve makes room for so many positions in each of list, in one run of memory: the system has
// huge pages for long ones.
func Reserve(list []*KV, positions int) {
	missing := func(c *KV) int {
		return max(c.layout.Count(positions)-len(c.keys), 0) * c.layout.Length()
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
		c.keys, c.values = c.layout.Append(c.keys, c.values, room[:n])
		room = room[n:]
	}
}

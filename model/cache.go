package model

import "github.com/gptmeter/gptmeter/tensor"

// A Cache holds the keys and values of one sequence in every layer.
type Cache struct {
	layers []*tensor.KV
}

// NewCache returns a Cache of no tokens.
func (m *Model) NewCache() *Cache {
	c := &Cache{}
	for range m.h {
		c.layers = append(c.layers, tensor.NewKV(m.Config.Heads, m.Config.HeadSize(), m.dtype))
	}
	return c
}

// Len is the number of tokens held.
func (c *Cache) Len() int { return c.layers[0].Len() }

// Bytes is the memory that c holds.
func (c *Cache) Bytes() (n int64) {
	for _, l := range c.layers {
		n += l.Bytes()
	}
	return n
}

// Reserve makes room for so many tokens in all: Forward then allocates nothing for c up to them.
func (c *Cache) Reserve(tokens int) {
	tensor.Reserve(c.layers, tokens)
}

// Release empties c, and lets other caches have its memory: nobody uses c any longer, but for what was
// made with Prefix.
func (c *Cache) Release() { tensor.Release(c.layers) }

// Prefix returns a Cache of the first n tokens, which shares memory with c. Both can grow.
func (c *Cache) Prefix(n int) *Cache {
	p := &Cache{}
	for _, l := range c.layers {
		p.layers = append(p.layers, l.Prefix(n))
	}
	return p
}

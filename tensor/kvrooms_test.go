package tensor

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestRelease: what KVs hold, and what they share with those that they were made from, stays theirs, however
// others are released and made anew in between.
func TestRelease(t *testing.T) {
	const heads, size = 2, 3
	rapid.Check(t, func(t *rapid.T) {
		type held struct {
			*KV
			stamps []float32 // of each block
		}
		var live []held
		d := rapid.SampledFrom(DTypes()).Draw(t, "dtype")
		stamp := float32(0)
		fill := func(h *held) {
			for i := len(h.stamps); i < len(h.keys); i++ {
				stamp++
				h.stamps = append(h.stamps, stamp)
				for _, block := range [][]float32{h.keys[i], h.values[i]} {
					for j := range block {
						block[j] = stamp
					}
				}
			}
		}
		any := func() int { return rapid.IntRange(0, len(live)-1).Draw(t, "which") }
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch what := rapid.IntRange(0, 3).Draw(t, "what"); {
			case what == 0 || len(live) == 0:
				h := held{KV: NewKV(heads, size, d)}
				h.length = rapid.IntRange(1, 200).Draw(t, "length")
				h.Reserve(h.length)
				fill(&h)
				live = append(live, h)
			case what == 1:
				h := &live[any()]
				h.length += rapid.IntRange(0, 100).Draw(t, "more")
				h.Reserve(h.length)
				fill(h)
			case what == 2:
				from := live[any()]
				n := rapid.IntRange(0, from.length).Draw(t, "prefix")
				h := held{KV: from.Prefix(n), stamps: slices.Clone(from.stamps[:n/from.layout.Positions()])}
				fill(&h)
				live = append(live, h)
			default:
				i := any()
				Release([]*KV{live[i].KV})
				live = slices.Delete(live, i, i+1)
			}
			for _, h := range live {
				for i, want := range h.stamps {
					if slices.ContainsFunc(h.keys[i], func(x float32) bool { return x != want }) ||
						slices.ContainsFunc(h.values[i], func(x float32) bool { return x != want }) {
						t.Fatalf("block %d of a KV of %d positions was written by another", i, h.length)
					}
				}
			}
		}
	})
}

// TestReleaseReused: memory that was released is the next KV's, unless a Prefix shares it.
func TestReleaseReused(t *testing.T) {
	reserved := func() (*KV, *float32) {
		c := NewKV(7, 13, F32)
		c.length = 100
		c.Reserve(c.length)
		return c, &c.keys[0][0]
	}
	for _, shared := range []bool{false, true} {
		c, first := reserved()
		var p *KV
		if shared {
			p = c.Prefix(50)
		}
		Release([]*KV{c})
		if c.Len() != 0 || c.Bytes() != 0 {
			t.Errorf("%d positions, %d bytes are left", c.Len(), c.Bytes())
		}
		if _, next := reserved(); (next == first) == shared {
			t.Errorf("shared %v: the next KV has the memory %v", shared, next == first)
		}
		if p != nil && &p.keys[0][0] != first {
			t.Error("a prefix has lost its memory")
		}
	}
}

package tensor

import (
	"sync"
	"unsafe"
	"weak"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// A room is memory that KVs were given back from, until the collector takes it.
type room struct {
	first  weak.Pointer[float32]
	length int
}

// spare has the rooms. Memory that is new, or has to be cleared, costs a prompt of GPT-2 124M 3 to 6 % of its
// time with int8 weights.
var spare struct {
	sync.Mutex
	rooms []room
}

// newRoom is memory for blocks of that length in all, with anything in it: the least spare room that
// is long enough and at most twice as long, or a new one.
func newRoom(length int) []float32 {
	spare.Lock()
	defer spare.Unlock()
	var best *float32
	least, at, left := 2*length+1, 0, spare.rooms[:0]
	for _, r := range spare.rooms {
		first := r.first.Value()
		if first == nil {
			continue
		}
		if r.length >= length && r.length < least {
			best, least, at = first, r.length, len(left)
		}
		left = append(left, r)
	}
	spare.rooms = left
	if best == nil {
		return kernel.NewBlocks(length)
	}
	spare.rooms = append(left[:at], left[at+1:]...)
	return unsafe.Slice(best, least)
}

// Release empties the KVs of a list, which were reserved together, and lets others have their memory.
// What a Prefix of one of them shares stays with that.
func Release(list []*KV) {
	lent := false
	for _, c := range list {
		lent = lent || c.lent
	}
	spare.Lock()
	defer spare.Unlock()
	for _, c := range list {
		for _, memory := range c.rooms {
			if !lent {
				spare.rooms = append(spare.rooms, room{weak.Make(&memory[0]), len(memory)})
			}
		}
		*c = KV{layout: c.layout}
	}
}

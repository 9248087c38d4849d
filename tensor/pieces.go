package tensor

import "sync/atomic"

// pieces are the items of a worker's part that nobody has begun. The worker takes them from the
// front, half of what is left each time; who is done with its own part takes from the back of others'.
// So workers end together where one of them is slower, as beside another process.
type pieces struct {
	left atomic.Uint64 // from the lower word up to the upper one
	_    [64 - 8]byte  // all workers look at it
}

// set makes a part of the items from up to to.
func (p *pieces) set(from, to int) { p.left.Store(uint64(to)<<32 | uint64(from)) }

// take is the next items, at least least unless that is all there were; none are left where from is to.
func (p *pieces) take(least int, back bool) (from, to int) {
	for {
		left := p.left.Load()
		from, to = int(uint32(left)), int(left>>32)
		n := max((to-from+1)/2, least)
		if to-from-n < least {
			n = to - from
		}
		rest := uint64(to)<<32 | uint64(from+n)
		if back {
			rest = uint64(to-n)<<32 | uint64(from)
		}
		if p.left.CompareAndSwap(left, rest) {
			if back {
				return to - n, to
			}
			return from, from + n
		}
	}
}

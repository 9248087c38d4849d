package tensor

import (
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// TestSplit: the ranges adjoin, cover every item, are as long as the grain where the items allow,
// and no worker has two.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		workers := rapid.IntRange(1, 9).Draw(t, "workers")
		items, grain := rapid.IntRange(0, 200).Draw(t, "items"), rapid.IntRange(1, 50).Draw(t, "grain")
		p := NewPool(workers)
		defer p.Close()
		var mu sync.Mutex
		ranges := map[int][2]int{}
		p.split(items, grain, func(worker, from, to int) {
			mu.Lock()
			defer mu.Unlock()
			if _, twice := ranges[worker]; twice {
				t.Errorf("worker %d got two ranges", worker)
			}
			ranges[worker] = [2]int{from, to}
		})
		if most := min(workers, max(1, items/grain)); len(ranges) != most {
			t.Fatalf("%d items of grain %d went to %d of %d workers", items, grain, len(ranges), workers)
		}
		end := 0
		for w := range len(ranges) {
			r := ranges[w]
			if r[0] != end || r[1] < r[0] || r[1]-r[0] < grain && len(ranges) > 1 {
				t.Fatalf("%d items of grain %d among %d workers: %v", items, grain, workers, ranges)
			}
			end = r[1]
		}
		if end != items {
			t.Fatalf("%d items of grain %d among %d workers: %v", items, grain, workers, ranges)
		}
	})
}

func TestCloseTwice(t *testing.T) {
	p := NewPool(4)
	p.Close()
	p.Close()
}

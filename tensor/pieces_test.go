package tensor

import (
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// TestPieces: whoever takes from either end, each item is taken once, in pieces that are long enough.
func TestPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, items := rapid.IntRange(0, 1000).Draw(t, "first"), rapid.IntRange(0, 500).Draw(t, "items")
		least := rapid.IntRange(1, 40).Draw(t, "least")
		var p pieces
		p.set(first, first+items)
		taken := make([]int, items)
		var mu sync.Mutex
		var workers sync.WaitGroup
		for w := range 3 {
			workers.Go(func() {
				for from, to := p.take(least, w > 0); from < to; from, to = p.take(least, w > 0) {
					mu.Lock()
					if to-from < min(least, items) {
						t.Errorf("a piece from %d to %d of %d items", from, to, items)
					}
					for i := from; i < to; i++ {
						taken[i-first]++
					}
					mu.Unlock()
				}
			})
		}
		workers.Wait()
		for i, n := range taken {
			if n != 1 {
				t.Fatalf("item %d of %d was taken %d times", i, items, n)
			}
		}
	})
}

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

// TestPiecesAfterPanic: what a call that panicked has left undone is not a later call's.
func TestPiecesAfterPanic(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	x, err := NewExec(p, "auto")
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		x.doPhases([]phase{{64, 1, 1, func(*Exec, int, int, int) Count { panic("a fault") }}})
	}()
	done := 0
	x.doPhases([]phase{{1, 1, 1, func(_ *Exec, _, from, to int) Count { done += to - from; return Count{} }}})
	if done != 1 {
		t.Errorf("%d items were done of 1", done)
	}
}

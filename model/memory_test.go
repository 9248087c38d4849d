package model_test

import (
	"runtime"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// TestMemory: what is said before anything is loaded is what a model, a cache and a step then
// hold. Of this width the allocator rounds nothing up that counts.
func TestMemory(t *testing.T) {
	for _, tied := range []bool{true, false} {
		c := small()
		c.Heads, c.Width, c.Inner, c.Positions, c.Vocabulary, c.Tied = 4, 128, 515, 700, 3001, tied
		s := newSource(c, 1)
		for _, d := range tensor.DTypes() {
			checkMemory(t, s, d, 0, 0, c.WeightBytes(d))
			logits := []int{70}
			if d == tensor.F32 {
				logits = []int{1, 70, 601}
			}
			for _, wanted := range logits {
				checkMemory(t, s, d, 601, wanted, c.WeightBytes(d)+c.CacheBytes(601, d)+c.StepBytes(601, wanted, d))
			}
		}
	}
}

// checkMemory loads a model and runs a step twice: the second time it finds its matrices where
// the first has made room.
func checkMemory(t *testing.T, s *source, d tensor.DType, rows, wanted int, want int64) {
	t.Helper()
	x := newExec(t, 1, "auto")
	before := heap()
	m, err := model.Load(x, s, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	cache := m.NewCache()
	for range min(rows, 2) {
		cache = m.NewCache()
		spans := []model.Span{{Tokens: make([]int, rows), Cache: cache, Logits: wanted}}
		if err := m.Forward(x, spans, func(int, int, []float32) {}); err != nil {
			t.Fatal(err)
		}
		x.Settle(nil)
	}
	got := heap() - before
	if runtime.GOOS == "linux" { // where matrices lie outside Go's heap
		m.Visit(func(_ string, _ tensor.Layout, w *tensor.Weight) { got += w.Bytes() }, func(string, []int, []float32) {})
	}
	const worker = 0.2 * (1 << 20) // what it may have for itself
	if off := float64(got - want); off > 0.03*float64(want)+worker || off < -0.03*float64(want) {
		t.Errorf("%d rows that want %d logits: %d bytes are held, %d were said", rows, wanted, got, want)
	}
	if cache.Bytes() != m.Config.CacheBytes(rows, d) {
		t.Errorf("a cache of %d tokens holds %d bytes, not %d", rows, cache.Bytes(), m.Config.CacheBytes(rows, d))
	}
	runtime.KeepAlive(x)
}

// heap is the memory in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

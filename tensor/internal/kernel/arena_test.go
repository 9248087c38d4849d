package kernel_test

import (
	"testing"
	"unsafe"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// TestArena: panels that lie in one arena are zeros on cache lines of their own, whatever their sizes,
// also where they need memory that is larger than what an arena takes at once.
func TestArena(t *testing.T) {
	var a kernel.Arena
	var list []kernel.Panels
	for i, shape := range []struct{ n, k int }{{1, 1}, {33, 7}, {3000, 3000}, {64, 9}, {5, 5000}} {
		w := a.NewPanels(kernel.Format(i%int(kernel.Formats)), shape.n, shape.k)
		if at := uintptr(unsafe.Pointer(&w.Data[0])); at%kernel.CacheLine != 0 || len(w.Data) != kernel.PanelCount(w.N)*kernel.PanelBytes(w.Format, w.K) {
			t.Errorf("%d × %d: %d bytes at %#x", w.N, w.K, len(w.Data), at)
		}
		list = append(list, w)
	}
	for i, w := range list {
		for _, b := range w.Data {
			if b != 0 {
				t.Fatalf("matrix %d is not zero", i)
			}
		}
		for j := range w.Data[:cap(w.Data)] {
			w.Data[j] = byte(i + 1)
		}
	}
	for i, w := range list {
		for _, b := range w.Data {
			if b != byte(i+1) {
				t.Fatalf("matrix %d has been written by another", i)
			}
		}
	}
}

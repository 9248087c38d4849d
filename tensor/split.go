package tensor

import "github.com/gptmeter/gptmeter/tensor/internal/kernel"

// CanSplit tells whether a Weight can be split at an output.
func CanSplit(at int) bool { return at%kernel.PanelColumns == 0 }

// Split returns the outputs of w before at and those from at on, which lie where w's do.
func (w *Weight) Split(at int) (before, rest *Weight) {
	if at <= 0 || at >= w.Outputs() || !CanSplit(at) {
		panic(badSplit)
	}
	a, b := w.panels, w.panels
	bytes := kernel.PanelCount(at) * kernel.PanelBytes(w.DType(), w.Inputs())
	a.N, a.Data = at, a.Data[:bytes:bytes]
	b.N, b.Data = b.N-at, b.Data[bytes:]
	return &Weight{a}, &Weight{b}
}

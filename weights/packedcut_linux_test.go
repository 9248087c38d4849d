package weights_test

import (
	"errors"
	"os"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// TestPackedCut: a packed file that is cut while a model computes from it ends the step with an error,
// whichever worker reads it.
func TestPackedCut(t *testing.T) {
	all := tensor.Kernels()
	if testing.Short() {
		all = all[:1] // faults are not the kernels' business
	}
	for _, d := range tensor.DTypes() {
		for _, kernels := range all {
			for _, threads := range []int{1, 3} {
				x := newExec(t, threads, kernels)
				path := packTo(t, x, "tiny", d)
				c, err := weights.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				m, err := model.Load(x, c, d, nil)
				if err != nil {
					t.Fatal(err)
				}
				info, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				logits(t, x, m)
				for _, left := range []int64{info.Size() / 2, 4096} {
					if err := os.Truncate(path, left); err != nil {
						t.Fatal(err)
					}
					for _, tokens := range []int{1, 20} {
						span := model.Span{Tokens: make([]int, tokens), Cache: m.NewCache(), Logits: 1}
						if err := m.Forward(x, []model.Span{span}, func(int, int, []float32) {}); !errors.Is(err, model.ErrFault) {
							t.Errorf("%v, %s kernels, %d threads, %d tokens of %d bytes: %v", d, kernels, threads, tokens, left, err)
						}
					}
				}
				if c.Check() == nil {
					t.Error("nothing has changed, it says")
				}
				c.Close()
			}
		}
	}
}

package model_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// TestErrFault: weights in a file that is cut while the model has it in memory are an error,
// whichever worker reads them.
func TestErrFault(t *testing.T) {
	x, c := newExec(t, 3, ""), gpt2
	c.Layers, c.Heads, c.Width, c.Inner, c.Positions, c.Vocabulary = 1, 2, 16, 8, 80, 9
	m := loadSource(t, x, newSource(c, 1), tensor.F32)
	f, err := os.Create(filepath.Join(t.TempDir(), "weights"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size := c.Positions * c.Width
	if err := f.Truncate(int64(4 * size)); err != nil {
		t.Fatal(err)
	}
	mapped, err := syscall.Mmap(int(f.Fd()), 0, 4*size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(mapped)
	m.SetPositions(tensor.Tensor{Rows: c.Positions, Cols: c.Width, Data: unsafe.Slice((*float32)(unsafe.Pointer(&mapped[0])), size)})
	forward := func(tokens int) error {
		return m.Forward(x, []model.Span{{Tokens: make([]int, tokens), Cache: m.NewCache()}}, nil)
	}
	if err := forward(20); err != nil {
		t.Fatalf("the whole file: %v", err)
	}
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	for _, tokens := range []int{1, 20} {
		if err := forward(tokens); !errors.Is(err, model.ErrFault) {
			t.Errorf("%d tokens of a cut file: %v", tokens, err)
		}
	}
}

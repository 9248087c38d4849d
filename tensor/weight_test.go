package tensor

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// counting is a matrix whose element i is i+1, so that none is zero.
type counting struct{ released *int }

func (c counting) Read(dst []float32, at int) {
	for i := range dst {
		dst[i] = float32(at + i + 1)
	}
}

func (c counting) Release() { *c.released++ }

// turned is the transpose of a matrix that it does not let be read but as that.
type turned struct{ counting }

func (turned) Read([]float32, int)   { panic("read against the grain") }
func (t turned) Transpose() Elements { return t.counting }

// TestPackTransposed reads a matrix the way it lies.
func TestPackTransposed(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	x, err := NewExec(pool, "pure")
	if err != nil {
		t.Fatal(err)
	}
	released := 0
	checkPanels(t, x.Pack(turned{counting{&released}}, InputMajor, 33, 17, F32), OutputMajor, 33, 17)
	checkPanels(t, x.Pack(turned{counting{&released}}, OutputMajor, 33, 17, F32), InputMajor, 33, 17)
	if released != 2 {
		t.Errorf("released %d times", released)
	}
}

// TestPack: every number of the source has its one place, every other word is zero, and the source
// is released.
func TestPack(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		pool := NewPool(workers)
		defer pool.Close()
		x, err := NewExec(pool, "pure")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 31, 32, 33, 63, 64, 65, 300} {
			for _, k := range []int{1, 2, 15, 16, 17, 33, 130} {
				for _, layout := range []Layout{InputMajor, OutputMajor} {
					released := 0
					checkPanels(t, x.Pack(counting{&released}, layout, n, k, F32), layout, n, k)
					checkPanels(t, x.Pack(counting{&released}, layout, n, k, BF16), layout, n, k)
					if released != 2 {
						t.Fatalf("(%d, %d) was released %d times", n, k, released)
					}
				}
			}
		}
	}
}

// checkPanels: numbers up to 39000 are in bfloat16 to within 1/256.
func checkPanels(t *testing.T, w *Weight, layout Layout, n, k int) {
	t.Helper()
	const columns = kernel.PanelColumns
	element, within := 4, 0.0
	if w.DType() == BF16 {
		element, within = 2, 1.0/256
	}
	if panels := (n + columns - 1) / columns; w.Bytes() != int64(panels*k*columns*element) || w.Bytes() != PackedBytes(n, k, w.DType()) {
		t.Fatalf("(%d, %d) is packed in %d bytes, want %d words", n, k, w.Bytes(), panels*k*columns)
	}
	for i := range len(w.panels.Data) / element {
		panel, input, column := i/(k*columns), i/columns%k, i%columns
		got := float64(0)
		if element == 4 {
			got = float64(math.Float32frombits(binary.LittleEndian.Uint32(w.panels.Data[4*i:])))
		} else {
			column = i%columns/2 + i%2*16
			got = float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(w.panels.Data[2*i:])) << 16))
		}
		output := panel*columns + column
		want := 0.0
		switch {
		case output >= n:
		case layout == InputMajor:
			want = float64(input*n + output + 1)
		default:
			want = float64(output*k + input + 1)
		}
		if math.Abs(got-want) > within*want {
			t.Fatalf("(%d, %d) in layout %d: panel %d, input %d, column %d is %v, want %v", n, k, layout, panel, input, column, got, want)
		}
	}
}

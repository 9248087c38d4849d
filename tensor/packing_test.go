package tensor

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// waves is a matrix of numbers of either sign, none of them exact in any format.
type waves struct{ cols int }

func (w waves) Read(dst []float32, at int) {
	for i := range dst {
		n := uint32(at+i+1) * 2654435761 >> 8
		dst[i] = (float32(n)/(1<<23) - 1) / float32(1+(at+i)%w.cols%7)
	}
}

func (waves) Release() {}

// TestPackedBytes: a packed matrix has the bytes of its layout's version, with any kernels and threads. Whoever
// changes the bytes gives the layout another number in packingVersions, for there are files of the old one.
func TestPackedBytes(t *testing.T) {
	const outputs, inputs = 75, 203
	want := map[DType]string{
		F32:  "panels/1 f32 75 203 input-major de692631",
		BF16: "panels/1 bf16 75 203 input-major 6fa30ff1",
		Int8: "panels/2 int8 75 203 input-major 54d5942c",
		Int4: "panels/2 int4 75 203 input-major 0718956f",
	}
	for _, kernels := range Kernels() {
		for _, workers := range []int{1, 2, 3, 8} {
			pool := NewPool(workers)
			x, err := NewExec(pool, kernels)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range DTypes() {
				w := x.Pack(waves{outputs}, InputMajor, outputs, inputs, d)
				p := w.Packing(InputMajor)
				if got := fmt.Sprintf("%v %.4x", p, sha256.Sum256(w.Packed())); got != want[d] {
					t.Errorf("%s, %d threads: %s, want %s", kernels, workers, got, want[d])
				}
				if p.Bytes() != w.Bytes() || p.Bytes() != int64(len(w.Packed())) || p.Bytes()%PackedAlignment != 0 {
					t.Errorf("%v: %d bytes, and the weight has %d", p, p.Bytes(), w.Bytes())
				}
			}
			pool.Close()
		}
	}
}

// TestMap: bytes that are mapped are the weight that they were, for Pack and number by number.
func TestMap(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	x, err := NewExec(pool, "pure")
	if err != nil {
		t.Fatal(err)
	}
	const outputs, inputs = 75, 33
	for _, d := range DTypes() {
		for _, of := range []Layout{InputMajor, OutputMajor} {
			w := x.Pack(waves{outputs}, of, outputs, inputs, d)
			e := w.Packing(of).Map(w.Packed(), nil)
			e.Release()
			if x.Pack(e, of, outputs, inputs, d) != e.Weight() || !bytes.Equal(e.Weight().Packed(), w.Packed()) || e.Packing() != w.Packing(of) {
				t.Errorf("%v is packed again, or otherwise", e.Packing())
			}
			// Read as numbers, the matrix is another source of the same.
			again := x.Pack(struct{ Elements }{e}, of, outputs, inputs, F32)
			same, row := make([]float32, inputs), make([]float32, inputs)
			for n := range outputs {
				w.panels.Row(same, n)
				if again.panels.Row(row, n); !slices.Equal(row, same) {
					t.Fatalf("%v: row %d is %v, want %v", e.Packing(), n, row, same)
				}
			}
			if turned, ok := e.(Transposed); ok != (of == InputMajor) {
				t.Errorf("%v: a transpose: %v", e.Packing(), ok)
			} else if ok {
				turned.Transpose().Read(row, inputs*5)
				if w.panels.Row(same, 5); !slices.Equal(row, same) {
					t.Errorf("%v: row 5 of the transpose is %v, want %v", e.Packing(), row, same)
				}
			}
		}
	}
}

// TestParsePacking: what String says is read, and nothing else.
func TestParsePacking(t *testing.T) {
	for _, d := range DTypes() {
		for _, p := range []Packing{{d, InputMajor, 1, 1}, {d, OutputMajor, 50257, 768}, {d, InputMajor, 1 << 24, 1 << 24}} {
			if got, err := ParsePacking(p.String()); err != nil || got != p {
				t.Errorf("%v is read as %v, %v", p, got, err)
			}
		}
	}
	for _, c := range []struct {
		text    string
		unknown bool
		want    string
	}{
		{"panels/3 int8 2 3 input-major", true, "panels/3 of int8, which is panels/2 here"},
		{"panels/ int8 2 3 input-major", true, "panels/ of int8"},
		{"panels int8 2 3 input-major", true, "panels of int8"},
		{"tiles/1 int8 2 3 input-major", true, `"tiles/1 int8`},
		{"panels/1 int2 2 3 input-major", true, `"panels/1 int2`},
		{"", true, `""`},
		{"panels/2 int8 2 3", true, `"panels/2 int8 2 3"`},
		{"panels/2 int8 2 3 input-major ", true, "known"},
		{"panels/2 int8 2 3 sideways", false, "sideways"},
		{"panels/2 int8 0 3 input-major", false, "no shape"},
		{"panels/2 int8 -2 3 input-major", false, "no shape"},
		{"panels/2 int8 2 03 input-major", false, "no shape"},
		{"panels/2 int8 +2 3 input-major", false, "no shape"},
		{"panels/2 int8 2 3e0 input-major", false, "no shape"},
		{"panels/2 int8 16777217 3 input-major", false, "no shape"},
		{"panels/2 int8 9223372036854775808 3 input-major", false, "no shape"},
	} {
		p, err := ParsePacking(c.text)
		if err == nil || errors.Is(err, ErrPacking) != c.unknown || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q is %v, %v", c.text, p, err)
		}
	}
}

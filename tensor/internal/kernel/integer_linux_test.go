package kernel_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// TestDotEdge runs every number of rows with operands that end where memory ends: to read or to
// write beyond would be a fault. The results are those of operands that lie elsewhere.
func TestDotEdge(t *testing.T) {
	const most, n, mostInputs = 1 << 16, 64, 257
	ins, rounded, panels, outs := atEdge(t, most), atEdge(t, most), atEdge(t, most), atEdge(t, most)
	bytes := func(last func(n int) []float32, n int) []byte {
		words := last((n + 3) / 4)
		return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), n)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, b := range kernel.Backends() {
		for _, f := range []kernel.Format{kernel.Int8, kernel.Int4} {
			for _, k := range []int{1, 16, 17, 64, 65, 128, mostInputs} {
				for rows := 1; rows <= 35; rows++ {
					x, w := make([]float32, rows*k), make([]float32, n*k)
					for i := range x {
						x[i] = float32(r.NormFloat64())
					}
					for i := range w {
						w[i] = float32(r.NormFloat64())
					}
					want := integerProduct(b, f, x, w, rows, n, k)
					in, out := ins(rows*k), outs(rows*n)
					copy(in, x)
					quantized := bytes(rounded, rows*b.RowBytes(f, k))
					b.Quantize(quantized, in, rows, k, f, 0, rows, make([]float32, k))
					packed := pack(f, w, n, k)
					at := bytes(panels, len(packed.Data))
					copy(at, packed.Data)
					packed.Data = at
					b.Dot(out, n, quantized, rows, packed, &kernel.Epilogue{}, 0, kernel.PanelCount(n), make([]float32, b.DotScratch(f, k)))
					for i := range out {
						if math.Float32bits(out[i]) != math.Float32bits(want[i]) {
							t.Fatalf("%s, %v, %d rows of %d: element %d is %v, want %v", b.Name, f, rows, k, i, out[i], want[i])
						}
					}
				}
			}
		}
	}
}

// TestQuantize: halves are rounded to even, whatever the registers; a row is filled up with zeros,
// and nothing is read or written behind it.
func TestQuantize(t *testing.T) {
	ins, rows := atEdge(t, 1<<12), atEdge(t, 1<<12)
	for _, b := range kernel.Backends() {
		for n := 1; n <= 64; n++ { // in one group
			x := ins(n)
			for i := range x {
				x[i] = float32((i*37+n)%253-126) / 2
			}
			x[n/2] = -127 // so that the scale is 1
			want := slices.Clone(x)
			hadamard(x) // which Quantize undoes
			words := rows(b.RowBytes(kernel.Int4, n) / 4)
			row := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 4*len(words))
			b.Quantize(row, x, 1, n, kernel.Int4, 0, 1, make([]float32, n))
			filled, sum := (n+15)/16*16, int32(0)
			for i := range filled {
				q := int32(0)
				if i < n {
					q = int32(math.RoundToEven(float64(want[i])))
				}
				sum += q
				if got := int32(int8(row[4+i])); got != q {
					t.Fatalf("%s: number %d of %d is rounded to %d, not %d", b.Name, i, n, got, q)
				}
			}
			if start := int32(binary.LittleEndian.Uint32(row)); start != -8*sum {
				t.Fatalf("%s: %d numbers, which sum up to %d, start at %d", b.Name, n, sum, start)
			}
			if scale := math.Float32frombits(binary.LittleEndian.Uint32(row[4+filled:])); scale != 1 {
				t.Fatalf("%s: the scale of %d numbers is %v", b.Name, n, scale)
			}
		}
	}
}

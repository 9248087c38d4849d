//go:build linux && !purego

package kernel_test

import (
	"math"
	"testing"

	"github.com/klauspost/cpuid/v2"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/amx"
)

// wantAMX: the processor has tiles and the system, which keeps their contents, permits them.
var wantAMX = wantVNNI && cpuid.CPU.Supports(cpuid.AMXTILE, cpuid.AMXINT8) && amx.Permitted()

// TestTiles: products in tiles have the bits and counts of those without, whatever part of the
// tiles is used.
func TestTiles(t *testing.T) {
	if !wantAMX {
		t.Skip("this processor has no AMX, or the system does not permit it")
	}
	backends := kernel.Backends()
	with, without := backends[0], backends[1]
	const n = 2*kernel.PanelColumns - 5
	for _, f := range []kernel.Format{kernel.Int8, kernel.Int4} {
		for _, k := range []int{64, 128, 192, 320, 768} {
			for _, rows := range []int{2, 3, 15, 16, 17, 31, 32, 33, 47, 64, 65, 127, 128, 129, 161} {
				in, w, bias := numbers(rows*k), pack(f, numbers(n*k), n, k), numbers(n)
				for i := range in {
					in[i] *= 1 + float32(i%97)
				}
				for _, e := range []kernel.Epilogue{{}, {Bias: bias}, {Bias: bias, Add: true}, {Bias: bias, Activate: true, Activation: kernel.GELUTanh}} {
					var outs [2][]float32
					var counts [2][2]kernel.Count
					for i, b := range []*kernel.Backend{with, without} {
						q, out := kernel.Aligned(rows*b.RowBytes(f, k)), numbers(rows*n)
						b.Quantize(q, in, rows, k, f, 0, rows, make([]float32, k))
						counts[i][0], counts[i][1] = b.Dot(out, n, q, rows, w, &e, 0, kernel.PanelCount(n), make([]float32, b.DotScratch(f, k)))
						outs[i] = out
					}
					for i, v := range outs[0] {
						if math.Float32bits(v) != math.Float32bits(outs[1][i]) {
							t.Fatalf("%v, %d rows of %d: element %d is %v, without tiles %v", f, rows, k, i, v, outs[1][i])
						}
					}
					if counts[0] != counts[1] {
						t.Fatalf("%v, %d rows of %d count %+v, without tiles %+v", f, rows, k, counts[0], counts[1])
					}
				}
			}
		}
	}
}

func TestTileProbe(t *testing.T) {
	if !wantAMX {
		t.Skip("this processor has no AMX, or the system does not permit it")
	}
	for _, n := range trips {
		sums, check := guardedWords[int32](amx.ProbeSums)
		want := make([]int32, len(sums))
		x, y := make([]uint8, 64), make([]int8, 64)
		for i := range x {
			x[i], y[i] = uint8(255-4*i), int8(4*i-128)
		}
		for i := range sums {
			sums[i], want[i] = int32(-1000*i), int32(-1000*i)
		}
		var count int64
		for range n {
			for i := range want {
				for j := range x {
					want[i] += int32(x[j]) * int32(y[4*(i%16)+j%4])
					count += 2
				}
			}
		}
		got := amx.ProbeDot(sums, x, y, n)
		check(t)
		expect(t, n, sums, want, got, count)
	}
}

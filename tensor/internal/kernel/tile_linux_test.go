package kernel_test

import (
	"math"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/oracle"
)

// atEdge returns memory for up to most float32s; slices of its end lie against a page that cannot
// be touched.
func atEdge(t *testing.T, most int) (last func(n int) []float32) {
	t.Helper()
	page := os.Getpagesize()
	size := (4*most + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(memory) })
	if err := syscall.Mprotect(memory[size:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	words := unsafe.Slice((*float32)(unsafe.Pointer(&memory[0])), size/4)
	return func(n int) []float32 { return words[len(words)-n:] }
}

// TestTile runs every size of tile with operands that end where memory ends: to read or to write
// beyond would be a fault. The result is the oracle's, and what lies between rows stays.
func TestTile(t *testing.T) {
	const most, guard = 4096, 77
	outs, as, bs, biases := atEdge(t, most), atEdge(t, most), atEdge(t, most), atEdge(t, most)
	for _, b := range kernel.Backends() {
		for rows := 1; rows <= b.Rows; rows++ {
			for cols := 1; cols <= kernel.PanelColumns; cols++ {
				for _, k := range []int{1, 2, 3, 17} {
					ldo, lda, ldb := cols+3, k+2, cols+1
					out, a, w := outs((rows-1)*ldo+cols), as((rows-1)*lda+k), bs((k-1)*ldb+cols)
					for i := range a {
						a[i] = float32(i%23-11) / 7
					}
					for i := range w {
						w[i] = float32(i%19-9) / 3
					}
					bias := biases(cols)
					for i := range bias {
						bias[i] = float32(i)/3 - 1
					}
					for n := range 4 {
						add, bias := n%2 == 1, bias
						if n < 2 {
							bias = nil
						}
						for i := range out {
							out[i] = guard
						}
						b.Tile(out, ldo, a, lda, w, ldb, k, rows, cols, add, bias, nil)
						m := oracle.Machine{Fused: machines[b.Name].fused}
						for i := range out {
							row, col := i/ldo, i%ldo
							want := m.Number(guard)
							if col < cols {
								if !add {
									want = m.Number(0)
								}
								for p := range k {
									want = m.MulAdd(m.Number(a[row*lda+p]), m.Number(w[p*ldb+col]), want)
								}
								if bias != nil {
									want = m.Add(want, m.Number(bias[col]))
								}
							}
							if math.Float32bits(out[i]) != math.Float32bits(want.Float()) {
								t.Fatalf("%s: %d rows, %d columns, k = %d, add %v, bias %v: (%d, %d) is %v, want %v",
									b.Name, rows, cols, k, add, bias, row, col, out[i], want.Float())
							}
						}
					}
				}
			}
		}
	}
}

// TestTileBF16 runs every size of tile on a panel that ends where memory ends. The bits are those
// of Tile on the widened panel.
func TestTileBF16(t *testing.T) {
	const most, guard, columns = 4096, 77, kernel.PanelColumns
	outs, as, panels, biases := atEdge(t, most), atEdge(t, most), atEdge(t, most), atEdge(t, most)
	for _, b := range kernel.Backends() {
		for rows := 1; rows <= b.Rows; rows++ {
			for cols := 1; cols <= columns; cols++ {
				for _, k := range []int{1, 2, 3, 65} {
					ldo, lda := cols+3, k+2
					out, a := outs((rows-1)*ldo+cols), as((rows-1)*lda+k)
					for i := range a {
						a[i] = float32(i%23-11) / 7
					}
					wide := make([]float32, k*columns)
					for i := range wide {
						wide[i] = float32(i%19-9) / 4
					}
					packed := pack(kernel.BF16, transposed(wide, k), columns, k)
					memory := panels(k * columns / 2)
					panel := unsafe.Slice((*uint16)(unsafe.Pointer(&memory[0])), k*columns)
					copy(panel, unsafe.Slice((*uint16)(unsafe.Pointer(&packed.Data[0])), len(panel)))
					bias := biases(cols)
					for i := range bias {
						bias[i] = float32(i)/3 - 1
					}
					for n := range 4 {
						add, bias := n%2 == 1, bias
						if n < 2 {
							bias = nil
						}
						want := make([]float32, len(out))
						for i := range out {
							out[i], want[i] = guard, guard
						}
						b.TileBF16(out, ldo, a, lda, panel, k, rows, cols, add, bias, nil)
						b.Tile(want, ldo, a, lda, wide, columns, k, rows, cols, add, bias, nil)
						for i := range out {
							if math.Float32bits(out[i]) != math.Float32bits(want[i]) {
								t.Fatalf("%s: %d rows, %d columns, k = %d, add %v, bias %v: (%d, %d) is %v, want %v",
									b.Name, rows, cols, k, add, bias, i/ldo, i%ldo, out[i], want[i])
							}
						}
					}
				}
			}
		}
	}
}

// transposed is [32][k] of [k][32].
func transposed(x []float32, k int) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		y[i%kernel.PanelColumns*k+i/kernel.PanelColumns] = x[i]
	}
	return y
}

// TestRow runs one to three panels that end where memory ends, as the outputs, the row and the bias
// do. The bits are those of Tile, panel by panel.
func TestRow(t *testing.T) {
	const most, columns = 8192, kernel.PanelColumns
	outs, as, panels, biases := atEdge(t, most), atEdge(t, most), atEdge(t, most), atEdge(t, most)
	for _, b := range kernel.Backends() {
		for n := 1; n <= 3; n++ {
			for _, k := range []int{1, 2, 3, 4, 5, 7, 8, 65} {
				out, a, bias := outs(n*columns), as(k), biases(n*columns)
				for i := range a {
					a[i] = float32(i%23-11) / 7
				}
				for i := range bias {
					bias[i] = float32(i)/3 - 5
				}
				wide := make([]float32, n*k*columns)
				for i := range wide {
					wide[i] = float32(i%19-9) / 4
				}
				whole := panels(len(wide))
				copy(whole, wide)
				check := func(name string, bias []float32) {
					t.Helper()
					want := make([]float32, columns)
					for p := range n {
						part := bias
						if bias != nil {
							part = bias[p*columns:]
						}
						b.Tile(want, columns, a, k, wide[p*k*columns:], columns, k, 1, columns, false, part, nil)
						for j, w := range want {
							if got := out[p*columns+j]; math.Float32bits(got) != math.Float32bits(w) {
								t.Fatalf("%s: %s of %d panels, k = %d, bias %v: output %d is %v, want %v", b.Name, name, n, k, bias, p*columns+j, got, w)
							}
						}
					}
				}
				b.Row(out, a, whole, nil)
				check("Row", nil)
				b.Row(out, a, whole, bias)
				check("Row", bias)

				memory := panels(len(wide) / 2)
				halves := unsafe.Slice((*uint16)(unsafe.Pointer(&memory[0])), len(wide))
				for p := range n {
					packed := pack(kernel.BF16, transposed(wide[p*k*columns:(p+1)*k*columns], k), columns, k)
					copy(halves[p*k*columns:], unsafe.Slice((*uint16)(unsafe.Pointer(&packed.Data[0])), k*columns))
				}
				b.RowBF16(out, a, halves, nil)
				check("RowBF16", nil)
				b.RowBF16(out, a, halves, bias)
				check("RowBF16", bias)
			}
		}
	}
}

package kernel

import (
	"unsafe"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// Panels is a matrix of N rows and K columns packed for Linear, 32 rows a panel: panel p holds
// rows 32p to 32p+31, and the last one is filled up with zeros. The panels lie one behind the
// other, each as PanelBytes says.
type Panels struct {
	Format Format
	N, K   int
	Data   []byte
	Owner  any // of Data, where it does not lie in Go's memory: the collector lets it be as long as Panels
}

// CacheLine is what Panels are aligned to.
const CacheLine = 64

// An Arena is where Panels lie one after the other, in huge pages where the system has them. The
// collector takes a run of them when the last is let go.
type Arena struct {
	free  []byte
	owner any // of free
}

// NewPanels returns a matrix of zeros.
func (a *Arena) NewPanels(f Format, n, k int) Panels {
	bytes := PanelCount(n) * PanelBytes(f, k)
	if len(a.free) < bytes {
		a.free, a.owner = newPages(bytes)
	}
	w := Panels{Format: f, N: n, K: k, Data: a.free[:bytes:bytes], Owner: a.owner}
	a.free = a.free[min(roundUp(bytes, CacheLine), len(a.free)):]
	return w
}

// Aligned is so many zeros that begin on a cache line.
func Aligned(bytes int) []byte {
	return align(make([]byte, bytes+CacheLine-1))[:bytes:bytes]
}

// align is memory from the first cache line on that begins in it.
func align(memory []byte) []byte {
	return memory[-uintptr(unsafe.Pointer(unsafe.SliceData(memory)))%CacheLine:]
}

// PanelCount is the number of panels for n rows.
func PanelCount(n int) int { return (n + PanelColumns - 1) / PanelColumns }

// Panel is panel p.
func (w Panels) Panel(p int) []byte { return w.run(p, 1) }

// run is n panels from p on.
func (w Panels) run(p, n int) []byte {
	bytes := PanelBytes(w.Format, w.K)
	return w.Data[p*bytes : (p+n)*bytes]
}

// column is where panel p begins among the outputs, or their end.
func (w Panels) column(p int) int { return min(p*PanelColumns, w.N) }

// columns is how many outputs panel p has.
func (w Panels) columns(p int) int { return w.column(p+1) - w.column(p) }

// elementBytes is what a number takes in F32 or BF16.
func (w Panels) elementBytes() int { return PanelBytes(w.Format, 1) / PanelColumns }

// Pack sets the panels from up to to, where nothing has been set yet. read fills [K][32]float32,
// in which all is zero, with the rows from first on, as many as there are.
func (w Panels) Pack(read func(numbers []float32, first int), from, to int) {
	var numbers []float32
	if w.Format != F32 {
		numbers = make([]float32, w.K*PanelColumns)
	}
	for p := from; p < to; p++ {
		if w.columns(p) < PanelColumns {
			clear(numbers)
		}
		switch first := p * PanelColumns; w.Format {
		case F32:
			read(floats(w.Panel(p)), first)
		case BF16:
			read(numbers, first)
			packBF16(words(w.Panel(p)), numbers)
		case Int8:
			read(numbers, first)
			packInt8(w.Panel(p), numbers)
		case Int4:
			read(numbers, first)
			packInt4(w.Panel(p), numbers)
		}
	}
}

// Row copies row n into out, as float32, and returns the bytes that hold it.
func (w Panels) Row(out []float32, n int) (bytes int) {
	bytes = w.held(out, n)
	if w.Format.Integer() {
		pure.Rotate(out, out)
	}
	return bytes
}

// held is Row without turning back what was rotated.
func (w Panels) held(out []float32, n int) (bytes int) {
	panel, column := w.Panel(n/PanelColumns), n%PanelColumns
	switch w.Format {
	case F32:
		numbers := floats(panel)
		for k := range out {
			out[k] = numbers[k*PanelColumns+column]
		}
	case BF16:
		rowBF16(out, words(panel), column)
	case Int8:
		rowInt8(out, panel, column)
	case Int4:
		rowInt4(out, panel, column)
	}
	return w.rowBytes()
}

// rowBytes is the bytes that hold a row.
func (w Panels) rowBytes() int {
	switch w.Format {
	case F32:
		return float32Bytes * w.K
	case BF16:
		return bfloat16Bytes * w.K
	case Int8:
		return w.K + float32Bytes
	case Int4:
		return (w.K+1)/2 + (w.K+groupInt4-1)/groupInt4*bfloat16Bytes
	}
	panic(badFormat)
}

// floats are the float32s that lie in memory.
func floats(memory []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(memory))), len(memory)/float32Bytes)
}

// bytes are those of float32s.
func bytes(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*float32Bytes)
}

// words are the words of 16 bits that lie in memory.
func words(memory []byte) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(memory))), len(memory)/2)
}

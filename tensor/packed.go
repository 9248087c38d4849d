package tensor

import (
	"unsafe"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// Packed elements are those of a matrix that is a Weight already. Released or not, it stays one.
type Packed interface {
	Elements
	Packing() Packing
	Weight() *Weight
}

// Map makes a Weight of the bytes that Packed has given for one like it, without a copy, and returns its
// elements. The Weight and its parts hold on to owner, so that data lives as long as they, if
// the collector is what ends it. There are p.Bytes() of them, on a multiple of PackedAlignment.
func (p Packing) Map(data []byte, owner any) Packed {
	if int64(len(data)) != p.Bytes() || uintptr(unsafe.Pointer(unsafe.SliceData(data)))%PackedAlignment != 0 {
		panic(badPacking)
	}
	w := &Weight{kernel.Panels{Format: p.DType, N: p.Outputs, K: p.Inputs, Data: data, Owner: owner}}
	if p.Of == InputMajor {
		return packedTransposed{packedRows{w}}
	}
	return packedRows{w}
}

// packedRows are the elements of a Weight, row by row.
type packedRows struct{ weight *Weight }

func (e packedRows) Weight() *Weight  { return e.weight }
func (e packedRows) Packing() Packing { return e.weight.Packing(OutputMajor) }
func (e packedRows) Release()         {}

func (e packedRows) Read(dst []float32, at int) {
	row := make([]float32, e.weight.Inputs())
	for len(dst) > 0 {
		e.weight.panels.Row(row, at/len(row))
		n := copy(dst, row[at%len(row):])
		dst, at = dst[n:], at+n
	}
}

// packedTransposed are those of its transpose.
type packedTransposed struct{ packedRows }

func (e packedTransposed) Packing() Packing    { return e.weight.Packing(InputMajor) }
func (e packedTransposed) Transpose() Elements { return e.packedRows }

func (e packedTransposed) Read(dst []float32, at int) {
	row, outputs := make([]float32, e.weight.Inputs()), e.weight.Outputs()
	for i := range dst {
		e.weight.panels.Row(row, (at+i)%outputs)
		dst[i] = row[(at+i)/outputs]
	}
}

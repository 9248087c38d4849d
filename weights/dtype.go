package weights

import (
	"encoding/binary"
	"math"

	"github.com/x448/float16"
)

// dtype is a number format: how many elements lie together, in how many bytes.
type dtype struct {
	elements, bytes int
	decode          func(dst []float32, from []byte) // whole blocks; nil where weights do not come in it
}

// dtypes are the formats of safetensors that a file may have. FP8 and smaller ones are left out: they come with
// scales, and safetensors does not say where.
var dtypes = map[string]dtype{
	"F64":  {1, 8, decodeF64},
	"F32":  {1, 4, decodeF32},
	"F16":  {1, 2, decodeF16},
	"BF16": {1, 2, decodeBF16},
	"BOOL": {elements: 1, bytes: 1},
	"I8":   {elements: 1, bytes: 1},
	"U8":   {elements: 1, bytes: 1},
	"I16":  {elements: 1, bytes: 2},
	"U16":  {elements: 1, bytes: 2},
	"I32":  {elements: 1, bytes: 4},
	"U32":  {elements: 1, bytes: 4},
	"I64":  {elements: 1, bytes: 8},
	"U64":  {elements: 1, bytes: 8},
	"C64":  {elements: 1, bytes: 8},
}

// decodeF64 rounds to the nearest float32, ties to even.
func decodeF64(dst []float32, from []byte) {
	for i := range dst {
		dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(from[8*i:])))
	}
}

func decodeF32(dst []float32, from []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(from[4*i:]))
	}
}

func decodeF16(dst []float32, from []byte) {
	for i := range dst {
		dst[i] = float16.Frombits(binary.LittleEndian.Uint16(from[2*i:])).Float32()
	}
}

// decodeBF16 widens: a bfloat16 is the upper half of a float32.
func decodeBF16(dst []float32, from []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(from[2*i:])) << 16)
	}
}

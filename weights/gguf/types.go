package gguf

import (
	"errors"
	"fmt"
)

// A Type is the format of a tensor's numbers, by ggml's own numbers for it.
type Type uint32

// The types whose numbers can be decoded.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2
	Q4_1 Type = 3
	Q5_0 Type = 6
	Q5_1 Type = 7
	Q8_0 Type = 8
	Q4_K Type = 12
	Q6_K Type = 14
	BF16 Type = 30
)

// A format says how numbers lie: in blocks of so many elements and bytes, along a row.
type format struct {
	name            string
	elements, bytes int
	decode          func(dst []float32, from []byte) // whole blocks; nil for those that can only be measured
}

// formats are ggml's, with the sizes that the other tensors of a file are found by.
var formats = map[Type]format{
	F32: {"F32", 1, 4, decodeF32}, F16: {"F16", 1, 2, decodeF16}, BF16: {"BF16", 1, 2, decodeBF16},
	Q4_0: {"Q4_0", 32, 18, decodeQ4_0}, Q4_1: {"Q4_1", 32, 20, decodeQ4_1},
	Q5_0: {"Q5_0", 32, 22, decodeQ5_0}, Q5_1: {"Q5_1", 32, 24, decodeQ5_1},
	Q8_0: {"Q8_0", 32, 34, decodeQ8_0},
	Q4_K: {"Q4_K", 256, 144, decodeQ4_K}, Q6_K: {"Q6_K", 256, 210, decodeQ6_K},

	9: {"Q8_1", 32, 40, nil}, 10: {"Q2_K", 256, 84, nil}, 11: {"Q3_K", 256, 110, nil}, 13: {"Q5_K", 256, 176, nil}, 15: {"Q8_K", 256, 292, nil},
	16: {"IQ2_XXS", 256, 66, nil}, 17: {"IQ2_XS", 256, 74, nil}, 18: {"IQ3_XXS", 256, 98, nil}, 19: {"IQ1_S", 256, 50, nil},
	20: {"IQ4_NL", 32, 18, nil}, 21: {"IQ3_S", 256, 110, nil}, 22: {"IQ2_S", 256, 82, nil}, 23: {"IQ4_XS", 256, 136, nil},
	24: {"I8", 1, 1, nil}, 25: {"I16", 1, 2, nil}, 26: {"I32", 1, 4, nil}, 27: {"I64", 1, 8, nil}, 28: {"F64", 1, 8, nil},
	29: {"IQ1_M", 256, 56, nil}, 34: {"TQ1_0", 256, 54, nil}, 35: {"TQ2_0", 256, 66, nil}, 39: {"MXFP4", 32, 17, nil}, 40: {"NVFP4", 64, 36, nil},
}

func (t Type) String() string {
	if f, ok := formats[t]; ok {
		return f.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Block is how many elements lie in how many bytes, together.
func (t Type) Block() (elements, bytes int) { return formats[t].elements, formats[t].bytes }

// Decoder turns whole blocks into numbers: dst is as long as the blocks in from have elements. It is
// nil where that is not supported.
func (t Type) Decoder() func(dst []float32, from []byte) { return formats[t].decode }

// size is the number of bytes that a tensor takes.
func (t Type) size(shape []int) (int, error) {
	f, ok := formats[t]
	if !ok {
		return 0, fmt.Errorf("%v is none that is known here", t)
	}
	elements, ok := product(shape...)
	if !ok {
		return 0, fmt.Errorf("shape %v is too large to address", shape)
	}
	row := 1
	if len(shape) > 0 {
		row = shape[len(shape)-1]
	}
	if row%f.elements != 0 {
		return 0, fmt.Errorf("rows of %d elements are no blocks of %d, as %v has them", row, f.elements, t)
	}
	bytes, ok := product(elements/f.elements, f.bytes)
	if !ok {
		return 0, errors.New("too large to address")
	}
	return bytes, nil
}

package kernel

// A Format is how the numbers of Panels are held.
type Format uint8

// The formats.
const (
	F32 Format = iota
	BF16
	Int8
	Int4
	Formats // how many there are
)

var formats = [Formats]struct {
	name  string
	limit string // of the Probe that products are set beside
}{
	F32:  {"f32", "f32"},
	BF16: {"bf16", "f32"}, // held, not computed with
	Int8: {"int8", "int8"},
	Int4: {"int4", "int8"}, // a multiply-add takes as long
}

func (f Format) String() string { return formats[f].name }

// Integer tells whether products with such weights are of integers: see Backend.Dot.
func (f Format) Integer() bool { return f == Int8 || f == Int4 }

// Limit is the Limit of the Probe that products with such weights are set beside.
func (f Format) Limit() string { return formats[f].limit }

// PanelBytes is the length of a panel of k columns, a multiple of a cache line. The layout of each
// format, which is the same on every machine and for every Backend:
//
//   - F32: [k][32]float32, column by column of the matrix
//   - BF16: [k][16]uint32, in word j the bfloat16 of row j in the lower and of row j+16 in the
//     upper half, so that a shift and a mask make float32s of them
//   - Int8: [⌈k/16⌉·4][32][4]uint8, four inputs of an output side by side, each q + 128, and then
//     the outputs' scales, [32]float32
//   - Int4: for each group of 64 inputs, filled up to a multiple of 16, [inputs/8][32][4]uint8, in
//     the lower nibble of a byte one of four inputs and in the upper that four further on, each
//     q + 8, and then the outputs' scales as a line of BF16
func PanelBytes(f Format, k int) int {
	switch f {
	case F32:
		return k * PanelColumns * float32Bytes
	case BF16:
		return k * PanelColumns * bfloat16Bytes
	case Int8:
		return panelInt8(k)
	case Int4:
		return panelInt4(k)
	}
	panic(badFormat)
}

const badFormat = "kernel: no such number format"

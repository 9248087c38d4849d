package kernel

import "github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"

// A Backend is one set of micro-kernels: the innermost loops, for one instruction set.
// The loops around them, which count, are the same for all. Those in assembly have the same bits
// as each other; they differ from the portable one in matrix products alone, where they round a
// product and its addition once.
type Backend struct {
	Name string

	// Tile multiplies a tile of at most Rows rows and PanelColumns columns, of which it computes
	// a multiple of Columns. A bias, if any, is added last. It may fetch ahead, memory that is wanted
	// next, into a cache.
	Tile          func(out []float32, ldo int, a []float32, lda int, b []float32, ldb int, k, rows, cols int, add bool, bias []float32, ahead []byte)
	Rows, Columns int

	// Row multiplies one row with whole panels that lie one behind the other.
	Row func(out, a, b, bias []float32)

	// TileBF16 and RowBF16 are Tile and Row for panels in BF16.
	TileBF16 func(out []float32, ldo int, a []float32, lda int, b []uint16, k, rows, cols int, add bool, bias []float32, ahead []byte)
	RowBF16  func(out, a []float32, b []uint16, bias []float32)

	// Scores and Mix are attention's products, of at most Rows rows with blocks of keys and values.
	Scores func(out []float32, ldo int, q []float32, ldq int, keys [][]float32, at, size, rows, blocks int)
	Mix    func(out []float32, ldo int, p []float32, ldp int, values [][]float32, at, size, rows, positions int, add bool)

	// Transpose makes a panel of keys that lie row by row, multiples of 16 both ways. Fetch asks for
	// memory that is wanted soon.
	Transpose func(out, in []float32, ldi, rows, cols int)
	Fetch     func(memory []float32)

	// Integers has what multiplies weights that are integers, and Tiles what does for many rows and whole
	// tiles of inputs, if anything does.
	Integers, Tiles [Formats]integers
	MaxAbs          func(x []float32) float32
	Rotate          func(out, x []float32) (most float32) // whole blocks

	Add        alongRows
	FetchRows  func(x []float32, ld, rows, n int)
	ScaleTo    func(out, x []float32, s float32)
	Multiply   func(out, x, y []float32)
	Sum        func(x []float32) float32
	SumSquares func(x []float32, mean float32) float32
	Normalize  func(out, x []float32, mean, scale float32, gain, bias []float32)
	Max        func(x []float32) float32
	Residue    func(x []float32) float32
	ExpSum     func(x []float32, max float32) float32
	Activate   [Activations]alongRows
}

// PanelColumns is the width of a packed panel of weights and of a block of keys.
const PanelColumns = 32

// Lanes is the number of partial sums that a sum over a row is made of: element j goes to sum
// j mod Lanes, and the sums are added pairwise, whatever the width of the machine's registers.
const Lanes = pure.Lanes

// An Activation is a function applied to each element.
type Activation uint8

// The activations of GPT-2 checkpoints.
const (
	GELUTanh Activation = iota
	GELU
	ReLU
	SiLU
	Tanh
	Activations
)

// What goes along rows of n elements may have out for its x.
type alongRows func(out []float32, ldo int, x []float32, ldx, rows, n int)

var portable = Backend{
	Name: "pure",
	Tile: pure.Tile, TileBF16: pure.TileBF16, Rows: 4, Columns: 1,
	Row: pure.Row, RowBF16: pure.RowBF16,
	Scores: pure.Scores, Mix: pure.Mix, Transpose: pure.Transpose, Fetch: pure.Fetch,
	Integers: [Formats]integers{
		Int8: int8s(integers{width: 1, round: pure.Round, dot: pure.Dot8, rows: pure.DotRows, panels: 1, block: dotRows, row: pure.Row8}),
		Int4: int4s(integers{width: 1, round: pure.Round, dot: pure.Dot4, rows: pure.DotRows, panels: 1, block: dotRows, row: pure.Row4}),
	},
	MaxAbs: pure.MaxAbs, Rotate: pure.Rotate,
	Add: pure.Add, FetchRows: pure.FetchRows, ScaleTo: pure.ScaleTo, Multiply: pure.Multiply, Sum: pure.Sum, SumSquares: pure.SumSquares,
	Normalize: pure.Normalize, Max: pure.Max, Residue: pure.Residue, ExpSum: pure.ExpSum,
	Activate: [Activations]alongRows{
		GELUTanh: pure.GELUTanh, GELU: pure.GELU, ReLU: pure.ReLU, SiLU: pure.SiLU, Tanh: pure.Tanh,
	},
}

var backends = append(assemblyBackends(), &portable)

// Backends lists what this processor can run, the fastest first. The last is the portable one.
func Backends() []*Backend {
	return backends
}

// roundUp is the smallest multiple of unit that is at least n.
func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

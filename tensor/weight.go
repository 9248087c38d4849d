package tensor

import "github.com/gptmeter/gptmeter/tensor/internal/kernel"

// A DType is the number format in which a Weight is held.
type DType uint8

// The formats.
const (
	F32 DType = iota
)

func (d DType) String() string { return [...]string{F32: "f32"}[d] }

// DTypes lists the formats that Pack can make.
func DTypes() []DType { return []DType{F32} }

// Limit is the Limit of the Probe that products with such weights are set beside.
func (d DType) Limit() string { return [...]string{F32: "f32"}[d] }

// A Layout says how a matrix of N outputs and K inputs lies in its source.
type Layout uint8

const (
	// InputMajor is (K, N), as GPT-2's checkpoints have their projections (a "Conv1D").
	InputMajor Layout = iota
	// OutputMajor is (N, K), as embeddings lie, one row a token.
	OutputMajor
)

// A Weight is a matrix of Outputs rows and Inputs columns, packed for Linear, Unembed and Embed.
type Weight struct {
	dtype  DType
	panels kernel.Panels
}

// Outputs is the number of rows, N.
func (w *Weight) Outputs() int { return w.panels.N }

// Inputs is the number of columns, K.
func (w *Weight) Inputs() int { return w.panels.K }

// DType is the format in which w is held.
func (w *Weight) DType() DType { return w.dtype }

// Bytes is the memory that w holds.
func (w *Weight) Bytes() int64 { return PackedBytes(w.Outputs(), w.Inputs(), w.dtype) }

// PackedBytes is the memory that a Weight of that shape and format holds.
func PackedBytes(outputs, inputs int, d DType) int64 {
	elementBytes := [...]int64{F32: 4}[d]
	return int64(kernel.PanelCount(outputs)) * kernel.PanelColumns * int64(inputs) * elementBytes
}

// Pack reads e, a matrix of outputs × inputs that lies as layout says, into a Weight, and
// releases e.
func (x *Exec) Pack(e Elements, layout Layout, outputs, inputs int, d DType) *Weight {
	if outputs <= 0 || inputs <= 0 {
		panic(badShape)
	}
	if d != F32 {
		panic(badDType)
	}
	count := kernel.PanelCount(outputs)
	w := &Weight{dtype: d, panels: kernel.NewPanels(outputs, inputs)}
	if layout == InputMajor {
		x.pool.split(inputs, packRows, func(_, from, to int) { packInputMajor(w.panels, e, from, to) })
	} else {
		x.pool.split(count, 1, func(_, from, to int) { packOutputMajor(w.panels, e, from, to) })
	}
	e.Release()
	return w
}

// packRows is the fewest inputs that are worth a worker.
const packRows = 16

// packInputMajor scatters the source's rows (inputs) from up to to over the panels.
func packInputMajor(w kernel.Panels, e Elements, from, to int) {
	row := make([]float32, w.N) // (N)
	for k := from; k < to; k++ {
		e.Read(row, k*w.N)
		for p, rest := 0, row; len(rest) > 0; p++ {
			n := copy(w.Panel(p)[k*kernel.PanelColumns:][:kernel.PanelColumns], rest)
			rest = rest[n:]
		}
	}
}

// packOutputMajor transposes the source's rows (outputs) of the panels from up to to.
func packOutputMajor(w kernel.Panels, e Elements, from, to int) {
	row := make([]float32, w.K) // (K)
	for p := from; p < to; p++ {
		panel, first := w.Panel(p), p*kernel.PanelColumns
		for n := first; n < min(first+kernel.PanelColumns, w.N); n++ {
			e.Read(row, n*w.K)
			for k, v := range row {
				panel[k*kernel.PanelColumns+n-first] = v
			}
		}
	}
}

// Copy reads e, a matrix of rows × cols, into a Tensor, and releases e.
func Copy(e Elements, rows, cols int) Tensor {
	t := New(rows, cols)
	e.Read(t.Data, 0)
	e.Release()
	return t
}

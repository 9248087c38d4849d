package tensor

import "github.com/gptmeter/gptmeter/tensor/internal/kernel"

// A DType is the number format in which a Weight is held.
type DType = kernel.Format

// The formats.
const (
	F32  = kernel.F32
	BF16 = kernel.BF16
	Int8 = kernel.Int8
	Int4 = kernel.Int4
)

// DTypes lists the formats that Pack can make.
func DTypes() (list []DType) {
	for d := range kernel.Formats {
		list = append(list, d)
	}
	return list
}

// A Layout says how a matrix of N outputs and K inputs lies in its source.
type Layout uint8

const (
	// InputMajor is (K, N), as GPT-2's checkpoints have their projections (a "Conv1D").
	InputMajor Layout = iota
	// OutputMajor is (N, K), as embeddings lie, one row a token.
	OutputMajor
)

func (l Layout) String() string { return [...]string{"input-major", "output-major"}[l] }

// A Weight is a matrix of Outputs rows and Inputs columns, packed for Linear, Unembed and Embed.
type Weight struct {
	panels kernel.Panels
}

// Outputs is the number of rows, N.
func (w *Weight) Outputs() int { return w.panels.N }

// Inputs is the number of columns, K.
func (w *Weight) Inputs() int { return w.panels.K }

// DType is the format in which w is held.
func (w *Weight) DType() DType { return w.panels.Format }

// Bytes is the memory that w holds.
func (w *Weight) Bytes() int64 { return int64(len(w.panels.Data)) }

// PackedBytes is the memory that a Weight of that shape and format holds.
func PackedBytes(outputs, inputs int, d DType) int64 {
	return int64(kernel.PanelCount(outputs)) * int64(kernel.PanelBytes(d, inputs))
}

// Pack reads e, a matrix of outputs × inputs that lies as layout says, into a Weight, and
// releases e. What is packed so already is the Weight.
func (x *Exec) Pack(e Elements, layout Layout, outputs, inputs int, d DType) *Weight {
	if outputs <= 0 || inputs <= 0 {
		panic(badShape)
	}
	if d >= kernel.Formats {
		panic(badDType)
	}
	if p, ok := e.(Packed); ok && p.Packing() == (Packing{d, layout, outputs, inputs}) {
		return p.Weight()
	}
	if t, ok := e.(Transposed); ok {
		e, layout = t.Transpose(), InputMajor+OutputMajor-layout
	}
	w := x.panels.NewPanels(d, outputs, inputs)
	x.pool.split(kernel.PanelCount(outputs), 1, func(_, from, to int) {
		s := strip{Elements: e, layout: layout, outputs: outputs, inputs: inputs}
		w.Pack(s.read, from, to)
	})
	e.Release()
	return &Weight{w}
}

// A strip reads a matrix in runs of a panel's outputs.
type strip struct {
	Elements
	layout          Layout
	outputs, inputs int
	row             []float32 // of the source
}

// read fills numbers, [inputs][PanelColumns], with the outputs from first on, as many as there are.
func (s *strip) read(numbers []float32, first int) {
	const columns = kernel.PanelColumns
	n := min(columns, s.outputs-first)
	if s.layout == InputMajor {
		for k := range s.inputs {
			s.Read(numbers[k*columns:][:n], k*s.outputs+first)
		}
		return
	}
	if s.row == nil {
		s.row = make([]float32, s.inputs)
	}
	for j := range n { // transposed
		s.Read(s.row, (first+j)*s.inputs)
		for k, v := range s.row {
			numbers[k*columns+j] = v
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

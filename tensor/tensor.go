package tensor

// A Tensor is a row-major matrix of float32 whose rows lie one behind the other.
// The zero Tensor has no rows.
type Tensor struct {
	Rows, Cols int
	Data       []float32 // Rows*Cols
}

// New returns a Tensor of zeros.
func New(rows, cols int) Tensor {
	return Tensor{Rows: rows, Cols: cols, Data: make([]float32, rows*cols)}
}

// Row returns row i, not a copy of it.
func (t Tensor) Row(i int) []float32 {
	return t.Data[i*t.Cols : (i+1)*t.Cols : (i+1)*t.Cols]
}

// Slice returns rows from up to to, not a copy of them.
func (t Tensor) Slice(from, to int) Tensor {
	return Tensor{Rows: to - from, Cols: t.Cols, Data: t.Data[from*t.Cols : to*t.Cols : to*t.Cols]}
}

// fits tells whether t is rows × cols and has the data for it.
func (t Tensor) fits(rows, cols int) bool {
	return t.Rows == rows && t.Cols == cols && len(t.Data) == rows*cols
}

package weights

import "github.com/gptmeter/gptmeter/tensor"

// transposedElements are a matrix of rows × cols that is stored as its transpose.
type transposedElements struct {
	stored     tensor.Elements // (cols, rows)
	rows, cols int
}

func (e transposedElements) Transpose() tensor.Elements { return e.stored }

// Read reads numbers one by one, which is slow where they lie in blocks: Transpose is the other way.
func (e transposedElements) Read(dst []float32, at int) {
	for i := range dst {
		row, col := (at+i)/e.cols, (at+i)%e.cols
		e.stored.Read(dst[i:i+1], col*e.rows+row)
	}
}

func (e transposedElements) Release() { e.stored.Release() }

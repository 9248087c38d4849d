package tensor

import "github.com/gptmeter/gptmeter/tensor/internal/kernel"

// Linear is out[i][j] = Σ_k in[i][k]·w[j][k] + bias[j]. // (R, N)
func (x *Exec) Linear(out, in Tensor, w *Weight, bias []float32) {
	checkBias(w, bias)
	x.product(Linear, out, in, w, kernel.Epilogue{Bias: bias})
}

// LinearActivate is out[i][j] = f(Σ_k in[i][k]·w[j][k] + bias[j]). f is counted as GELU, whichever
// it is. // (R, N)
func (x *Exec) LinearActivate(out, in Tensor, w *Weight, bias []float32, f ActivationFunc) {
	checkBias(w, bias)
	if f >= kernel.Activations {
		panic(badActivation)
	}
	x.product(Linear, out, in, w, kernel.Epilogue{Bias: bias, Activate: true, Activation: f})
	x.bookFused(GELU, in.Rows)
}

// LinearAdd is out[i][j] += Σ_k in[i][k]·w[j][k] + bias[j]. The addition to out is counted as
// Add. // (R, N)
func (x *Exec) LinearAdd(out, in Tensor, w *Weight, bias []float32) {
	checkBias(w, bias)
	x.product(Linear, out, in, w, kernel.Epilogue{Bias: bias, Add: true})
	x.bookFused(Add, in.Rows)
}

// Unembed is out[i][j] = Σ_k in[i][k]·w[j][k]: logits. // (R, V)
func (x *Exec) Unembed(out, in Tensor, w *Weight) {
	x.product(Unembed, out, in, w, kernel.Epilogue{})
}

func checkBias(w *Weight, bias []float32) {
	if len(bias) != w.Outputs() {
		panic(badShape)
	}
}

func (x *Exec) product(op Operator, out, in Tensor, w *Weight, e kernel.Epilogue) {
	if !in.fits(in.Rows, w.Inputs()) || !out.fits(in.Rows, w.Outputs()) {
		panic(badShape)
	}
	x.call = call{out: out, in: in, weight: w.panels, epilogue: e}
	panels := kernel.PanelCount(w.Outputs())
	if w.DType().Integer() {
		x.call.integers = x.integerRoom(in.Rows * x.backend.RowBytes(w.DType(), in.Cols))
		x.rows(op, in.Rows, phase{in.Rows, rowGrain, 0, quantizeShare}, phase{panels, 1, panelPiece(in.Rows), dotShare})
		return
	}
	piece := 0 // each would copy the rows
	if in.Rows == 1 {
		piece = panelPiece(1)
	}
	x.rows(op, in.Rows, phase{panels, 1, piece, func(x *Exec, worker, from, to int) Count {
		c, d := &x.call, &x.done[worker]
		scratch := d.room(kernel.LinearScratch(c.in.Rows, c.weight, &c.epilogue, to-from))
		count, fused := x.backend.Linear(c.out.Data, c.out.Cols, c.in.Data, c.in.Cols, c.in.Rows, c.weight, &c.epilogue, from, to, scratch)
		d.fused.Add(fused)
		return count
	}})
}

// panelPiece is the fewest panels that a worker takes at a time. One row's are the more, so that few
// reads of memory are cut short.
func panelPiece(rows int) int { return max(1, 128/rows) }

// quantizeShare makes integers of the rows of in, for the workers to share.
func quantizeShare(x *Exec, worker, from, to int) Count {
	c := &x.call
	return x.backend.Quantize(c.integers, c.in.Data, c.in.Rows, c.in.Cols, c.weight.Format, from, to, x.done[worker].room(c.in.Cols))
}

// dotShare multiplies them with some panels.
func dotShare(x *Exec, worker, from, to int) Count {
	c, d := &x.call, &x.done[worker]
	scratch := d.room(x.backend.DotScratch(c.weight.Format, c.weight.K))
	count, fused := x.backend.Dot(c.out.Data, c.out.Cols, c.integers, c.in.Rows, c.weight, &c.epilogue, from, to, scratch)
	d.fused.Add(fused)
	return count
}

// OperandBytes is the memory that an Exec keeps for a row of so many inputs, beside the row itself,
// to multiply it with weights of that format. The avx2 kernels keep twice as much for int8.
func OperandBytes(inputs int, d DType) int64 {
	if !d.Integer() {
		return 0
	}
	return int64(kernel.RowBytes(d, inputs))
}

// integerRoom is so many bytes that begin on a cache line.
func (x *Exec) integerRoom(n int) []byte {
	if len(x.integers) < n {
		x.integers = kernel.Aligned(n)
	}
	return x.integers[:n]
}

// bookFused books what the call that has just returned did under the name of op.
func (x *Exec) bookFused(op Operator, rows int) {
	if x.off {
		return
	}
	work := OperatorWork{Calls: 1}
	for w := range x.done {
		work.Count.Add(x.done[w].fused)
	}
	x.book(op, rows, work)
}

// An ActivationFunc is the function of a feed-forward layer.
type ActivationFunc = kernel.Activation

// The activation functions.
const (
	GELUTanh = kernel.GELUTanh // 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
	GELUErf  = kernel.GELU     // 0.5·x·(1 + erf(x/√2))
	ReLU     = kernel.ReLU
	SiLU     = kernel.SiLU
	Tanh     = kernel.Tanh
)

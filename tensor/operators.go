package tensor

import "github.com/gptmeter/gptmeter/tensor/internal/kernel"

// call has the operands of the call that is running, for the workers to read.
type call struct {
	out, in    Tensor
	weight     kernel.Panels
	bias, gain []float32
	epsilon    float32
	activation ActivationFunc
	ids, at    []int
}

// Fewest items that are worth waking a worker for.
const (
	rowGrain     = 4
	elementGrain = 4096
)

// Embed is out[i] = w[ids[i]] + positions[at[i]]. // (R, C)
func (x *Exec) Embed(out Tensor, w *Weight, ids []int, positions Tensor, at []int) {
	if !out.fits(len(ids), w.Inputs()) || len(at) != len(ids) || !positions.fits(positions.Rows, w.Inputs()) {
		panic(badShape)
	}
	for i := range ids {
		if ids[i] < 0 || ids[i] >= w.Outputs() || at[i] < 0 || at[i] >= positions.Rows {
			panic(badID)
		}
	}
	x.call = call{out: out, in: positions, weight: w.panels, ids: ids, at: at}
	x.rows(Embed, out.Rows, out.Rows, rowGrain, func(x *Exec, _, from, to int) Count {
		c := &x.call
		return x.backend.Embed(c.out.Data, c.weight, c.ids, c.in.Data, c.at, from, to)
	})
}

// LayerNorm is out[i] = (in[i] − mean)/√(variance + epsilon) · gain + bias, with the mean and the
// (biased) variance of row i (Ba, Kiros and Hinton 2016). // (R, C)
func (x *Exec) LayerNorm(out, in Tensor, gain, bias []float32, epsilon float32) {
	if !in.fits(in.Rows, len(gain)) || !out.fits(in.Rows, len(gain)) || len(bias) != len(gain) {
		panic(badShape)
	}
	x.call = call{out: out, in: in, gain: gain, bias: bias, epsilon: epsilon}
	x.rows(LayerNorm, in.Rows, in.Rows, rowGrain, func(x *Exec, _, from, to int) Count {
		c := &x.call
		return x.backend.LayerNorm(c.out.Data, c.in.Data, c.in.Cols, c.gain, c.bias, c.epsilon, from, to)
	})
}

// Linear is out[i][j] = Σ_k in[i][k]·w[j][k] + bias[j]. // (R, N)
func (x *Exec) Linear(out, in Tensor, w *Weight, bias []float32) {
	if len(bias) != w.Outputs() {
		panic(badShape)
	}
	x.product(Linear, out, in, w, bias)
}

// Unembed is out[i][j] = Σ_k in[i][k]·w[j][k]: logits. // (R, V)
func (x *Exec) Unembed(out, in Tensor, w *Weight) {
	x.product(Unembed, out, in, w, nil)
}

func (x *Exec) product(op Operator, out, in Tensor, w *Weight, bias []float32) {
	if !in.fits(in.Rows, w.Inputs()) || !out.fits(in.Rows, w.Outputs()) {
		panic(badShape)
	}
	x.call = call{out: out, in: in, weight: w.panels, bias: bias}
	x.rows(op, in.Rows, kernel.PanelCount(w.Outputs()), 1, func(x *Exec, worker, from, to int) Count {
		c := &x.call
		scratch := x.done[worker].room(kernel.LinearScratch(c.in.Rows, c.in.Cols))
		return x.backend.Linear(c.out.Data, c.out.Cols, c.in.Data, c.in.Cols, c.in.Rows, c.weight, c.bias, from, to, scratch)
	})
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

// Activate is t[i][j] = f(t[i][j]), counted as GELU whichever f is.
func (x *Exec) Activate(t Tensor, f ActivationFunc) {
	if !t.fits(t.Rows, t.Cols) {
		panic(badShape)
	}
	if f >= kernel.Activations {
		panic(badActivation)
	}
	x.call = call{out: t, activation: f}
	x.rows(GELU, t.Rows, len(t.Data), elementGrain, func(x *Exec, _, from, to int) Count {
		return x.backend.Activation(x.call.out.Data, x.call.activation, from, to)
	})
}

// Add is out[i][j] += in[i][j].
func (x *Exec) Add(out, in Tensor) {
	if !out.fits(out.Rows, out.Cols) || !in.fits(out.Rows, out.Cols) {
		panic(badShape)
	}
	x.call = call{out: out, in: in}
	x.rows(Add, out.Rows, len(out.Data), elementGrain, func(x *Exec, _, from, to int) Count {
		return x.backend.AddTo(x.call.out.Data, x.call.in.Data, from, to)
	})
}

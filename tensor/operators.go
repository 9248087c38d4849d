package tensor

import "github.com/gptmeter/gptmeter/tensor/internal/kernel"

// call has the operands of the call that is running, for the workers to read.
type call struct {
	out, in    Tensor
	weight     kernel.Panels
	bias, gain []float32
	epsilon    float32
	epilogue   kernel.Epilogue
	ids, at    []int
	integers   []byte // made of in
}

// rowGrain is the fewest rows that are worth waking a worker for.
const rowGrain = 4

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
	x.rows(Embed, out.Rows, phase{out.Rows, rowGrain, 0, func(x *Exec, _, from, to int) Count {
		c := &x.call
		return x.backend.Embed(c.out.Data, c.weight, c.ids, c.in.Data, c.at, from, to)
	}})
}

// LayerNorm is out[i] = (in[i] − mean)/√(variance + epsilon) · gain + bias, with the mean and the
// (biased) variance of row i (Ba, Kiros and Hinton 2016). // (R, C)
func (x *Exec) LayerNorm(out, in Tensor, gain, bias []float32, epsilon float32) {
	if !in.fits(in.Rows, len(gain)) || !out.fits(in.Rows, len(gain)) || len(bias) != len(gain) {
		panic(badShape)
	}
	x.call = call{out: out, in: in, gain: gain, bias: bias, epsilon: epsilon}
	x.rows(LayerNorm, in.Rows, phase{in.Rows, rowGrain, 0, func(x *Exec, _, from, to int) Count {
		c := &x.call
		return x.backend.LayerNorm(c.out.Data, c.in.Data, c.in.Cols, c.gain, c.bias, c.epsilon, from, to)
	}})
}

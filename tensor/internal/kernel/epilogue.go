package kernel

// An Epilogue is what Linear does with the sums of a panel as soon as they are complete, while
// they are in the first cache.
type Epilogue struct {
	Bias       []float32 // is added; nil is none
	Activate   bool      // then Activation is applied
	Activation Activation
	Add        bool // then what was in out is added
}

// finish does the epilogue for sums, rows of columns from up to to, and leaves the results in out.
// sums is out itself unless that is added. What runs under another operator's name is counted as
// fused.
func (e *Epilogue) finish(b *Backend, out []float32, ldo int, sums []float32, lds, rows, from, to int) (c, fused Count) {
	n := int64(to - from)
	for i := range rows {
		x := sums[i*lds:][:n]
		if e.Bias != nil {
			b.Add(x, e.Bias[from:to])
			c.Elementwise += n
		}
		if e.Activate {
			b.Activate[e.Activation](x)
			fused.Elementwise += costs[e.Activation].Elementwise * n
			fused.Special += costs[e.Activation].Special * n
		}
		if e.Add {
			b.Add(out[i*ldo:][:n], x)
			fused.Elementwise += n
			fused.Read += n * float32Bytes
		}
		c.Written += n * float32Bytes
	}
	return c, fused
}

// costs are the operations that an activation spends on one element.
var costs = [Activations]Count{
	GELUTanh: {Elementwise: 8, Special: 1},
	GELU:     {Elementwise: 4, Special: 1},
	ReLU:     {},
	SiLU:     {Elementwise: 2, Special: 2},
	Tanh:     {Special: 1},
}

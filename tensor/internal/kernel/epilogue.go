package kernel

// An Epilogue is what Linear does with the sums of a panel as soon as they are complete, while
// they are in the first cache.
type Epilogue struct {
	Bias       []float32 // is added; nil is none
	Activate   bool      // then Activation is applied
	Activation Activation
	Add        bool // or what was in out is added
}

// apart tells whether the sums are better kept apart from out: to add them to what is there, or to
// work on them where they lie together.
func (e *Epilogue) apart() bool { return e.Activate || e.Add }

// finish does what follows the bias for sums, rows of n columns, and leaves the results in out, which
// sums may be unless it is added to. What runs under another operator's name is counted as fused.
func (e *Epilogue) finish(b *Backend, out []float32, ldo int, sums []float32, lds, rows, n int) (c, fused Count) {
	c.Written = int64(rows * n * float32Bytes)
	switch {
	case e.Activate:
		b.Activate[e.Activation](out, ldo, sums, lds, rows, n)
		cost := costs[e.Activation]
		fused.Elementwise = cost.Elementwise * int64(rows*n)
		fused.Special = cost.Special * int64(rows*n)
	case e.Add:
		b.Add(out, ldo, sums, lds, rows, n)
		fused.addedTo(rows * n)
	case &out[0] != &sums[0]:
		for i := range rows {
			copy(out[i*ldo:][:n], sums[i*lds:])
		}
	}
	return c, fused
}

// addedTo counts an addition to so many elements of out.
func (c *Count) addedTo(n int) {
	c.Elementwise += int64(n)
	c.Read += int64(n * float32Bytes)
}

// costs are the operations that an activation spends on one element.
var costs = [Activations]Count{
	GELUTanh: {Elementwise: 5, Special: 2},
	GELU:     {Elementwise: 4, Special: 1},
	ReLU:     {},
	SiLU:     {Elementwise: 2, Special: 2},
	Tanh:     {Special: 1},
}

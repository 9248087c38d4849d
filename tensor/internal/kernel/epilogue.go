package kernel

// An Epilogue is what Linear does with the sums of a panel as soon as they are complete, while
// they are in the first cache.
type Epilogue struct {
	Bias       []float32 // is added; nil is none
	Activate   bool      // then Activation is applied
	Activation Activation
	Add        bool // then what was in out is added
}

// apart tells whether the sums are better kept apart from out: to add them to what is there, or to
// work on them where they lie together.
func (e *Epilogue) apart() bool { return e.Activate || e.Add }

// finish does the epilogue for sums, rows of columns from up to to, and leaves the results in out,
// which sums may be unless it is added to. What runs under another operator's name is counted as
// fused.
func (e *Epilogue) finish(b *Backend, out []float32, ldo int, sums []float32, lds, rows, from, to int) (c, fused Count) {
	n := to - from
	c.Written = int64(rows * n * float32Bytes)
	if e.Bias != nil {
		for i := range rows {
			b.Add(sums[i*lds:][:n], e.Bias[from:to])
			c.Elementwise += int64(n)
		}
	}
	if e.Activate {
		run := n // elements that lie together
		if lds == n {
			run = rows * n
		}
		for i := 0; i < rows*n; i += run {
			b.Activate[e.Activation](sums[i/n*lds:][:run])
			fused.Elementwise += costs[e.Activation].Elementwise * int64(run)
			fused.Special += costs[e.Activation].Special * int64(run)
		}
	}
	switch {
	case e.Add:
		for i := range rows {
			b.Add(out[i*ldo:][:n], sums[i*lds:][:n])
			fused.addedTo(n)
		}
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
	GELUTanh: {Elementwise: 8, Special: 1},
	GELU:     {Elementwise: 4, Special: 1},
	ReLU:     {},
	SiLU:     {Elementwise: 2, Special: 2},
	Tanh:     {Special: 1},
}

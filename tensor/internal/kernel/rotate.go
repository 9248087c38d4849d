package kernel

import (
	"math/bits"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// Before they become integers, inputs are multiplied with a Hadamard matrix H, block by block, and so are weights, which
// changes no product: (xH)·(wH/n) = x·w. It spreads what is far larger than the rest, as a few channels of GPT-2 are, over a
// block: so one scale serves a row, and weights that are spread out lose less of their precision too
// (QuaRot, Ashkboos et al. 2024, section 4).

// rotate sets out to x times H.
func (b *Backend) rotate(out, x []float32) (c Count) {
	whole := len(x) / pure.RotatedBlock * pure.RotatedBlock
	if whole > 0 {
		b.Rotate(out[:whole], x[:whole])
	}
	pure.Rotate(out[whole:], x[whole:])
	for n := len(x); n > 0; {
		block := pure.RotatedTogether(n)
		c.Elementwise += int64(block * bits.TrailingZeros(uint(block)))
		n -= block
	}
	return c
}

// rotateWeights multiplies the weights of an output with H/n, for blocks of n.
func rotateWeights(x []float32) {
	for rest := x; len(rest) > 0; {
		n := pure.RotatedTogether(len(rest))
		for i := range n {
			rest[i] /= float32(n)
		}
		rest = rest[n:]
	}
	pure.Rotate(x, x)
}

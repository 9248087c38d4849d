package kernel

import (
	"math"
	"math/bits"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// Before they become integers, inputs are multiplied with a Hadamard matrix H, block by block, and so are weights, which
// changes no product: (xH)·(wH/n) = x·w. It spreads what is far larger than the rest, as a few channels of GPT-2 are, over a
// block: so one scale serves a row, and weights that are spread out lose less of their precision too
// (QuaRot, Ashkboos et al. 2024, section 4).

// rotate sets out to x times H, and returns the largest magnitude in it.
func (b *Backend) rotate(out, x []float32, c *Count) (most float32) {
	whole := len(x) / pure.RotatedBlock * pure.RotatedBlock
	if whole > 0 {
		most = b.Rotate(out[:whole], x[:whole])
	}
	rest := pure.Rotate(out[whole:], x[whole:])
	most = math.Float32frombits(max(math.Float32bits(most), math.Float32bits(rest))) // no number is the largest
	for n := len(x); n > 0; {
		block := pure.RotatedTogether(n)
		c.Elementwise += int64(block * bits.TrailingZeros(uint(block)))
		n -= block
	}
	return most
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

package kernel

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

const (
	offsetInt4 = 8
	groupInt4  = pure.RotatedBlock // inputs that share a scale, of weights and of activations
	leastInt4  = -8
	mostInt4   = 7
)

// panelInt4 is the length of a panel of k inputs.
func panelInt4(k int) int {
	return PanelColumns * (roundUp(k, pure.DotInputs)/2 + (k+groupInt4-1)/groupInt4*bfloat16Bytes)
}

// groupsInt4 calls do for each group of a panel of k inputs.
func groupsInt4(panel []byte, k int, do func(first, inputs int, nibbles, scales []byte)) {
	for first := 0; first < k; first += groupInt4 {
		n := min(groupInt4, k-first)
		bytes := roundUp(n, pure.DotInputs) / 2 * PanelColumns
		do(first, n, panel[:bytes], panel[bytes:])
		panel = panel[bytes+PanelColumns*bfloat16Bytes:]
	}
}

// placeInt4 is where the weight of an input and an output lies in a group, and the nibble's shift.
func placeInt4(k, column int) (at, shift int) {
	return (k/8*PanelColumns+column)*4 + k%4, k / 4 % 2 * 4
}

// packInt4 makes integers of [k][32]float32, rotated: each group of an output's weights has a scale of its
// own. A group with an infinity or no number among its weights has no number for its scale.
func packInt4(panel []byte, numbers []float32) {
	groupsInt4(panel, len(numbers)/PanelColumns, func(first, inputs int, nibbles, scales []byte) {
		for i := range nibbles {
			nibbles[i] = offsetInt4<<4 | offsetInt4
		}
		var weights [groupInt4]float32
		var integers [groupInt4]int8
		x, q := weights[:inputs], integers[:inputs]
		for j := range PanelColumns {
			for i := range x {
				x[i] = numbers[(first+i)*PanelColumns+j]
			}
			rotateWeights(x)
			binary.LittleEndian.PutUint16(scales[2*pure.PlaceBF16(j):], fitInt4(q, x))
			for i, n := range q {
				at, shift := placeInt4(i, j)
				nibbles[at] ^= byte(n+offsetInt4^offsetInt4) << shift
			}
		}
	})
}

// fits is how often fitInt4 improves its scale.
const fits = 2

// fitInt4 makes integers of x and returns their scale as a bfloat16. The first scale makes the
// largest of x the least integer; from then on the best scale for given integers (that of the
// least squares) and the best integers for a given scale take turns.
func fitInt4(q []int8, x []float32) (scale uint16) {
	most := pure.MaxAbs(x)
	if !(most >= least && most <= math.MaxFloat32) {
		clear(q)
		return roundBF16(most * 0) // 0, or no number
	}
	largest := x[slices.IndexFunc(x, func(v float32) bool { return v == most || v == -most })]
	scale = roundBF16(largest / leastInt4)
	for fit := 0; ; fit++ {
		inverse := 1 / widenBF16(scale)
		var product float32
		var square int32
		for i, v := range x {
			n := min(max(toEven(float32(v*inverse)), leastInt4), mostInt4)
			q[i] = int8(n)
			product = float32(float32(n)*v) + product
			square += n * n
		}
		if fit == fits {
			return scale
		}
		scale = roundBF16(product / float32(square))
	}
}

// toEven is the integer nearest to x, the even one of two, for magnitudes below 1<<22. A float32 of
// rounder's magnitude has units for its last place, so that adding it rounds.
func toEven(x float32) int32 {
	const rounder = 3 << 22
	return int32(math.Float32bits(x+rounder)) - int32(math.Float32bits(rounder))
}

// rowInt4 makes float32s of an output's weights, as they were rotated.
func rowInt4(out []float32, panel []byte, column int) {
	groupsInt4(panel, len(out), func(first, inputs int, nibbles, scales []byte) {
		scale := pure.WidenBF16(scales[2*pure.PlaceBF16(column):])
		for i := range inputs {
			at, shift := placeInt4(i, column)
			out[first+i] = float32(int(nibbles[at]>>shift&15)-offsetInt4) * scale
		}
	})
}

//go:build !purego

package avx512

const rotatedBlock = 64

// Rotate is pure.Rotate for whole blocks.
func Rotate(out, x []float32) (most float32) {
	_ = out[len(x)-1]
	return rotate(&out[0], &x[0], len(x)/rotatedBlock)
}

// RoundVNNI is pure.Round, with the dot product of bytes.
func RoundVNNI(to []byte, x []float32, scale float32) (sum int32) {
	n := len(x) / rotatedBlock * rotatedBlock
	if n > 0 {
		_ = to[n-1]
		sum = roundBlocks(&to[0], &x[0], scale, n/rotatedBlock)
	}
	return sum + Round(to[n:], x[n:], scale)
}

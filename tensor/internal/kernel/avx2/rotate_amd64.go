//go:build !purego

package avx2

const rotatedBlock = 64

// Rotate is pure.Rotate for whole blocks.
func Rotate(out, x []float32) (most float32) {
	_ = out[len(x)-1]
	return rotate(&out[0], &x[0], len(x)/rotatedBlock)
}

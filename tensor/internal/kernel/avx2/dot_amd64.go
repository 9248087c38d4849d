//go:build !purego

package avx2

// DotRows is the most rows of Dot8 and Dot4: three rows of two registers of int32 sums and of two
// of float32 ones leave room for weights and activations in 16 registers.
const DotRows = 3

type dot func(out *float32, ldo int, a *byte, lda int, w *byte, trips, group int, bias *float32, add bool, result *float32, ldr int, ahead *byte, step int)

// One row goes through whole lines of a panel, because it waits for memory.
var (
	dots8 = [DotRows]dot{dot8x1x32, dot8x2x16, dot8x3x16}
	dots4 = [DotRows]dot{dot4x1x32, dot4x2x16, dot4x3x16}
)

// Dot8 is pure.Dot8 for at most DotRows rows of words, made by RoundWords, where no product of a
// sum and its scale is rounded before it is added. Meanwhile it fetches result, where out goes in
// the end.
func Dot8(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, _ []byte) {
	dots8[rows-1].call(out, ldo, a, lda, w, k, group, rows, bias, add, result, ldr)
}

// Dot4 is pure.Dot4 in the same way, for rows of bytes.
func Dot4(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, _ []byte) {
	dots4[rows-1].call(out, ldo, a, lda, w, k, group, rows, bias, add, result, ldr)
}

func (f dot) call(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int) {
	const trip = 16
	_, _ = out[(rows-1)*ldo+31], a[rows*lda-1]
	const half, float = Columns, 4 // outputs 8 to 15 and 24 to 31
	var b, upper *float32
	if bias != nil {
		b, upper = &bias[:32][0], &bias[half]
	}
	f(&out[0], 4*ldo, &a[0], lda, &w[0], k/trip, group/trip, b, add, &result[0], 4*ldr, nil, 0)
	if rows > 1 {
		f(&out[half], 4*ldo, &a[0], lda, &w[half*float], k/trip, group/trip, upper, add, &result[0], 4*ldr, nil, 0)
	}
}

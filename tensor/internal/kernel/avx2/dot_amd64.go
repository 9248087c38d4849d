//go:build !purego

package avx2

import "unsafe"

// DotRows is the most rows of Dot8 and Dot4: three rows of two registers of int32 sums and of two
// of float32 ones leave room for weights and activations in 16 registers.
const DotRows = 3

type dot func(out *float32, ldo int, a *byte, lda int, w *byte, trips, group int, bias *float32, add bool, result *float32, ldr int, ahead *byte, step int)

var (
	dots8 = [DotRows - 1]dot{dot8x2, dot8x3}
	dots4 = [DotRows - 1]dot{dot4x2, dot4x3}
)

// Dot8 is pure.Dot8 for 2 to DotRows rows of words, made by RoundWords, where no product of a
// sum and its scale is rounded before it is added. Meanwhile it fetches result, where out goes in
// the end.
func Dot8(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, _ []byte) {
	dots8[rows-2].call(out, ldo, a, lda, w, k, group, rows, bias, add, result, ldr)
}

// Dot4 is pure.Dot4 in the same way, for rows of bytes.
func Dot4(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, _ []byte) {
	dots4[rows-2].call(out, ldo, a, lda, w, k, group, rows, bias, add, result, ldr)
}

func (f dot) call(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int) {
	_, _ = out[(rows-1)*ldo+31], a[rows*lda-1]
	const half, float = Columns, 4 // outputs 8 to 15 and 24 to 31
	var b, upper *float32
	if bias != nil {
		b, upper = &bias[:32][0], &bias[half]
	}
	f(&out[0], 4*ldo, &a[0], lda, &w[0], k/trip, group/trip, b, add, &result[0], 4*ldr, nil, 0)
	f(&out[half], 4*ldo, &a[0], lda, &w[half*float], k/trip, group/trip, upper, add, &result[0], 4*ldr, nil, 0)
}

// trip is the inputs that a kernel takes at a time.
const trip = 16

// Row8 is pure.Row8, and Row4 pure.Row4, as Dot8 is pure.Dot8.
func Row8(out []float32, a, w []byte, k, group int, bias []float32) {
	panels := rowPanels(out, w, k*panelColumns, bias)
	row8(&out[0], &a[0], &w[0], k/trip, group/trip, panels, unsafe.SliceData(bias))
}

// Row4 is pure.Row4, in the same way.
func Row4(out []float32, a, w []byte, k, group int, bias []float32) {
	panels := rowPanels(out, w, k*panelColumns/2, bias)
	row4(&out[0], &a[0], &w[0], k/trip, group/trip, panels, unsafe.SliceData(bias))
}

// rowPanels is how many panels a row has outputs for. Their weights, and a bias, if any, are as many.
func rowPanels(out []float32, w []byte, weights int, bias []float32) int {
	panels := len(out) / panelColumns
	_ = w[panels*weights-1]
	if bias != nil {
		_ = bias[len(out)-1]
	}
	return panels
}

//go:build !purego

package avx512

import "unsafe"

// DotRows is the most rows of Dot8 and Dot4: seven rows of two registers of int32 sums and of two
// of float32 ones leave room for the weights in 32 registers.
const DotRows = 7

type dot func(out *float32, ldo int, a *byte, lda int, w *byte, trips, group int, bias *float32, add bool, result *float32, ldr int, ahead *byte, step int)

var (
	far8  = [DotRows - 1]dot{dot8x2, dot8x3, dot8x4far, dot8x5far, dot8x6far, dot8x7far}
	dots8 = [DotRows - 1]dot{dot8x2, dot8x3, dot8x4, dot8x5, dot8x6, dot8x7}
	dots4 = [DotRows - 1]dot{dot4x2, dot4x3, dot4x4, dot4x5, dot4x6, dot4x7}
)

// Dot8 is pure.Dot8 for 2 to DotRows rows, where no product of a sum and its scale is rounded
// before it is added. Meanwhile it fetches result, where out goes in the end, and ahead, which is
// wanted next.
func Dot8(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, ahead []byte) {
	f := dots8[rows-2]
	if step(ahead, k) >= cacheLine {
		f = far8[rows-2]
	}
	f.call(out, ldo, a, lda, w, k, group, rows, bias, add, result, ldr, ahead)
}

// Dot4 is pure.Dot4 in the same way.
func Dot4(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, ahead []byte) {
	dots4[rows-2].call(out, ldo, a, lda, w, k, group, rows, bias, add, result, ldr, ahead)
}

func (f dot) call(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, ahead []byte) {
	_, _ = out[(rows-1)*ldo+31], a[rows*lda-1]
	var b *float32
	if bias != nil {
		b = &bias[:32][0]
	}
	next := &w[0]
	if len(ahead) > 0 {
		next = &ahead[0]
	}
	f(&out[0], 4*ldo, &a[0], lda, &w[0], k/trip, group/trip, b, add, &result[0], 4*ldr, next, step(ahead, k))
}

const cacheLine = 64

// step is how much of ahead a kernel fetches for each four of its k inputs: at least a line where
// few rows share a panel, which then take it faster than memory gives it.
func step(ahead []byte, k int) int { return len(ahead) * 4 / k }

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

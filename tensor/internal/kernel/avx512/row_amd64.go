//go:build !purego

package avx512

import "unsafe"

// Row is pure.Row, where no product is rounded before it is added.
func Row(out, a, b []float32, bias []float32) {
	panels := len(out) / panelColumns
	_ = b[panels*panelColumns*len(a)-1]
	if bias != nil {
		_ = bias[len(out)-1]
	}
	row(&out[0], &a[0], &b[0], len(a), panels, unsafe.SliceData(bias))
}

// RowBF16 is pure.RowBF16, as Row is pure.Row.
func RowBF16(out, a []float32, b []uint16, bias []float32) {
	panels := len(out) / panelColumns
	_ = b[panels*panelColumns*len(a)-1]
	if bias != nil {
		_ = bias[len(out)-1]
	}
	rowBF16(&out[0], &a[0], &b[0], len(a), panels, unsafe.SliceData(bias))
}

// panelColumns is the width of a panel.
const panelColumns = 32

package pure

import "math"

// panelColumns is the width of a panel of bfloat16s.
const panelColumns = 32

// PlaceBF16 is where a column lies in a row of a panel: columns 0 to 15 and 16 to 31 alternate.
func PlaceBF16(column int) int { return column%16*2 + column/16 }

// TileBF16 is Tile for a b of bfloat16s, [k][32] of them, column j at PlaceBF16(j).
func TileBF16(out []float32, ldo int, a []float32, lda int, b []uint16, k, rows, cols int, add bool, bias []float32, _ []byte) {
	var wide [64 * panelColumns]float32
	for p := 0; p < k; p += len(wide) / panelColumns {
		n := min(len(wide)/panelColumns, k-p)
		for i := range n {
			line := b[(p+i)*panelColumns:][:panelColumns]
			for j := range cols {
				wide[i*panelColumns+j] = math.Float32frombits(uint32(line[PlaceBF16(j)]) << 16)
			}
		}
		if p+n < k {
			multiply(out, ldo, a[p:], lda, wide[:n*panelColumns], panelColumns, n, rows, cols, add || p > 0)
		} else {
			Tile(out, ldo, a[p:], lda, wide[:n*panelColumns], panelColumns, n, rows, cols, add || p > 0, bias, nil)
		}
	}
}

package kernel

import (
	"math"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// packBF16 rounds [k][32]float32 into a panel.
func packBF16(panel []uint16, numbers []float32) {
	for len(numbers) > 0 {
		line, row := (*[PanelColumns]uint16)(panel), (*[PanelColumns]float32)(numbers)
		for j, v := range row {
			line[pure.PlaceBF16(j)] = roundBF16(v)
		}
		panel, numbers = panel[PanelColumns:], numbers[PanelColumns:]
	}
}

// rowBF16 widens a row of the matrix, which is a column of its panel.
func rowBF16(out []float32, panel []uint16, column int) {
	at := pure.PlaceBF16(column)
	for k := range out {
		out[k] = widenBF16(panel[k*PanelColumns+at])
	}
}

// widenBF16 is a bfloat16 as float32.
func widenBF16(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// roundBF16 is the nearest bfloat16, the even one of two; beyond the largest that is infinity.
// What is a bfloat16 already stays as it is, and no number stays none.
func roundBF16(x float32) uint16 {
	bits := math.Float32bits(x)
	upper := bits >> 16
	if x != x {
		const mantissa, quiet = 0x7f, 0x40
		if upper&mantissa == 0 {
			upper |= quiet
		}
		return uint16(upper)
	}
	return uint16((bits + 0x7fff + upper&1) >> 16)
}

package kernel

import (
	"encoding/binary"
	"math"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

const (
	offsetInt8 = 128
	groupInt8  = 1 << 16 // inputs that share a scale of the activations: an int32 holds the sum of their products
	mostInt8   = 127
)

// panelInt8 is the length of a panel of k inputs.
func panelInt8(k int) int { return PanelColumns * (roundUp(k, pure.DotInputs) + float32Bytes) }

// placeInt8 is where the weight of an input and an output lies in a panel.
func placeInt8(k, column int) int { return (k/4*PanelColumns+column)*4 + k%4 }

// packInt8 makes integers of [k][32]float32, rotated: each output has the scale at which its largest weight
// is 127. An output with an infinity or no number among its weights has no number for its scale.
func packInt8(panel []byte, numbers []float32) {
	k := len(numbers) / PanelColumns
	scales := panel[PanelColumns*roundUp(k, pure.DotInputs):]
	x := make([]float32, k)
	for j := range PanelColumns {
		for i := range x {
			x[i] = numbers[i*PanelColumns+j]
		}
		rotateWeights(x)
		most := pure.MaxAbs(x)
		inverse, scale := mostInt8/float64(most), most/mostInt8
		if !(most >= least && most <= math.MaxFloat32) {
			clear(x)
			inverse, scale = 0, most*0 // 0, or no number
		}
		binary.LittleEndian.PutUint32(scales[float32Bytes*j:], math.Float32bits(scale))
		for i, v := range x {
			panel[placeInt8(i, j)] = byte(int(math.RoundToEven(float64(v)*inverse)) + offsetInt8)
		}
	}
}

// rowInt8 makes float32s of an output's weights, as they were rotated.
func rowInt8(out []float32, panel []byte, column int) {
	at := PanelColumns * roundUp(len(out), pure.DotInputs)
	scale := math.Float32frombits(binary.LittleEndian.Uint32(panel[at+4*column:]))
	for k := range out {
		out[k] = float32(int(panel[placeInt8(k, column)])-offsetInt8) * scale
	}
}

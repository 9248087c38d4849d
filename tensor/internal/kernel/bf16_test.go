package kernel_test

import (
	"math"
	"testing"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// nearestBF16 chooses among the two bfloat16s around x by their distances in float64. No number
// has a quiet bit.
func nearestBF16(x float32) float32 {
	bits := math.Float32bits(x)
	down := math.Float32frombits(bits &^ 0xffff)
	if x == down || x != x && down != down {
		return down
	}
	if x != x {
		return math.Float32frombits(bits&^0xffff | 0x400000)
	}
	wide := func(v float32) float64 { // where infinity stands in for the next power of two
		if math.IsInf(float64(v), 0) {
			return math.Copysign(0x1p128, float64(v))
		}
		return float64(v)
	}
	up := math.Float32frombits(bits&^0xffff + 0x10000)
	off := math.Abs(wide(up)-float64(x)) - math.Abs(float64(x)-wide(down))
	if off < 0 || off == 0 && bits&0x10000 != 0 {
		return up
	}
	return down
}

// throughBF16 packs numbers as BF16 and gets them back as rows.
func throughBF16(numbers []float32, k int) (got []float32) {
	n := len(numbers) / k
	w := pack(kernel.BF16, numbers, n, k)
	got = make([]float32, len(numbers))
	for i := range n {
		w.Row(got[i*k:(i+1)*k], i)
	}
	return got
}

// TestBF16Kept: every bfloat16 there is, no numbers among them, is held as it is.
func TestBF16Kept(t *testing.T) {
	all := make([]float32, 1<<16)
	for i := range all {
		all[i] = math.Float32frombits(uint32(i) << 16)
	}
	for i, got := range throughBF16(all, 256) {
		if math.Float32bits(got) != uint32(i)<<16 {
			t.Fatalf("%#x is held as %#x", uint32(i)<<16, math.Float32bits(got))
		}
	}
}

// TestBF16Rounds: a float32 of any magnitude, the middle between two and what is beside it, is
// held as the nearest.
func TestBF16Rounds(t *testing.T) {
	var all []float32
	for upper := range uint32(1 << 16) {
		for _, lower := range []uint32{1, 0x7fff, 0x8000, 0x8001, 0xffff} {
			all = append(all, math.Float32frombits(upper<<16|lower))
		}
	}
	for i, got := range throughBF16(all, 320) {
		if want := nearestBF16(all[i]); math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("%v (%#x) is held as %v, not %v", all[i], math.Float32bits(all[i]), got, want)
		}
	}
}

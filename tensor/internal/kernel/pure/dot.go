package pure

import (
	"encoding/binary"
	"math"
)

// A row of activations that are integers is, for each group of inputs, the int32 at which the
// group's sums start, an int8 for each input, and the float32 that is their scale. Inputs are
// multiples of DotInputs.

// DotInputs is what inputs are filled up to a multiple of.
const DotInputs = 16

// mostGroup is the most inputs of a group.
const mostGroup = 128

// A panel of weights that are integers has 32 outputs.
const panelOutputs = 32

// Dot8 is, for the 32 outputs of a panel,
//
//	for i := range rows {
//		for j := range 32 {
//			var total float32
//			for _, g := range groups(k, group) {
//				sum := a[i][g].start
//				for p := range g {
//					sum += int32(a[i][g][p]) * int32(w[p/4][j][p%4])
//				}
//				total += float32(sum) * a[i][g].scale
//			}
//			result := total*scale[j] + bias[j]
//			if add {
//				result += out[i*ldo+j]
//			}
//			out[i*ldo+j] = result
//		}
//	}
//
// where w is [k/4][32][4]uint8 and behind it scale [32]float32; a nil bias is none. The int32 sums
// are exact.
func Dot8(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, _ []float32, _ int, _ []byte) {
	d := dot{a: a, lda: lda}
	d.rows = d.room[:rows]
	for ; k > 0; k -= group {
		n := min(group, k)
		d.group(w[:n*panelOutputs], nil)
		w = w[n*panelOutputs:]
	}
	for i := range d.rows {
		for j := range panelOutputs {
			d.rows[i][j] *= float(w[4*j:])
		}
	}
	d.finish(out, ldo, bias, add)
}

// Dot4 is Dot8 for weights of 4 bits, which have a scale for each group:
//
//	total += float32(sum) * scale[g][j] * a[i][g].scale
//
// where w has for each group [n/8][32][4]uint8, in byte p%4 of which the lower nibble is that of
// input p/4%2 == 0 and the upper of those four further on, and then the scales as a line of BF16.
func Dot4(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, _ []float32, _ int, _ []byte) {
	d := dot{a: a, lda: lda}
	d.rows = d.room[:rows]
	var wide [mostGroup * panelOutputs]byte
	for ; k > 0; k -= group {
		n := min(group, k)
		const line = 4 * panelOutputs
		for p := 0; p < n; p += 8 {
			lower, upper := wide[p*panelOutputs:][:line], wide[(p+4)*panelOutputs:][:line]
			for b, v := range w[:line] {
				lower[b], upper[b] = v&15, v>>4
			}
			w = w[line:]
		}
		d.group(wide[:n*panelOutputs], w)
		w = w[2*panelOutputs:]
	}
	d.finish(out, ldo, bias, add)
}

// DotRows is the most rows of Dot8 and Dot4.
const DotRows = 8

// A dot is what Dot8 and Dot4 are doing.
type dot struct {
	a    []byte // from the present group on
	lda  int
	rows [][panelOutputs]float32 // totals
	room [DotRows][panelOutputs]float32
}

// group adds a group of inputs, times the weights' scales unless there are none, and goes on to
// the next one.
func (d *dot) group(w, scales []byte) {
	n := len(w) / panelOutputs
	for i := range d.rows {
		row, totals := d.a[i*d.lda:], &d.rows[i]
		scale := float(row[4+n:])
		var sums [panelOutputs]int32
		for j := range sums {
			sums[j] = int32(binary.LittleEndian.Uint32(row))
		}
		for p, rest := 4, w; len(rest) > 0; p, rest = p+4, rest[4*panelOutputs:] {
			addQuad(&sums, row[p:], (*[4 * panelOutputs]byte)(rest))
		}
		for j, s := range sums {
			t := float32(s)
			if scales != nil {
				t *= WidenBF16(scales[2*PlaceBF16(j):])
			}
			totals[j] = float32(t*scale) + totals[j]
		}
	}
	d.a = d.a[4+n+4:]
}

// finish adds the bias and what is in out, where these are to be added, and stores the results.
func (d *dot) finish(out []float32, ldo int, bias []float32, add bool) {
	for i := range d.rows {
		results, row := d.rows[i][:], out[i*ldo:][:panelOutputs]
		if bias != nil {
			addRow(results, bias)
		}
		if add {
			addRow(results, row)
		}
		copy(row, results)
	}
}

// addQuad adds the products of four inputs.
func addQuad(sums *[panelOutputs]int32, a []byte, w *[4 * panelOutputs]byte) {
	a0, a1, a2, a3 := int32(int8(a[0])), int32(int8(a[1])), int32(int8(a[2])), int32(int8(a[3]))
	for j := range sums {
		sums[j] += a0*int32(w[4*j]) + a1*int32(w[4*j+1]) + a2*int32(w[4*j+2]) + a3*int32(w[4*j+3])
	}
}

func float(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

// WidenBF16 is the bfloat16 that lies there.
func WidenBF16(b []byte) float32 {
	return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
}

// MaxAbs is the largest magnitude in x, no number if there is one that is none, and 0 where there
// is nothing.
func MaxAbs(x []float32) float32 {
	var most uint32
	for _, v := range x {
		most = max(most, math.Float32bits(v)&math.MaxInt32)
	}
	return math.Float32frombits(most)
}

// Round is
//
//	for i, v := range x {
//		to[i] = int8(roundToEven(v * scale))
//		sum += to[i]
//	}
//
// for products that an int8 holds; to is filled up with zeros to a multiple of DotInputs.
func Round(to []byte, x []float32, scale float32) (sum int32) {
	for i, v := range x {
		q := int32(math.RoundToEven(float64(v * scale)))
		to[i] = byte(q)
		sum += q
	}
	clear(to[len(x) : (len(x)+DotInputs-1)/DotInputs*DotInputs])
	return sum
}

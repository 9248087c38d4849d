package pure

import "math"

// Lanes is the number of partial sums in a sum over a row.
const Lanes = 16

// Add is
//
//	for i := range rows {
//		for j := range n {
//			out[i*ldo+j] += x[i*ldx+j]
//		}
//	}
func Add(out []float32, ldo int, x []float32, ldx, rows, n int) {
	for i := range rows {
		addRow(out[i*ldo:][:n], x[i*ldx:])
	}
}

func addRow(out, x []float32) {
	x = x[:len(out)]
	for i, v := range x {
		out[i] += v
	}
}

// FetchRows would ask for rows of n that are wanted soon in the first cache.
func FetchRows(_ []float32, _, _, _ int) {}

// ScaleTo is
//
//	for i := range out {
//		out[i] = x[i] * s
//	}
func ScaleTo(out, x []float32, s float32) {
	x = x[:len(out)]
	for i, v := range x {
		out[i] = v * s
	}
}

// Multiply is
//
//	for i := range out {
//		out[i] = x[i] * y[i]
//	}
func Multiply(out, x, y []float32) {
	x, y = x[:len(out)], y[:len(out)]
	for i, v := range x {
		out[i] = v * y[i]
	}
}

// Sum is
//
//	var lane [Lanes]float32
//	for j, v := range x {
//		lane[j%Lanes] += v
//	}
//	return pairwise(lane)
func Sum(x []float32) float32 {
	var lane [Lanes]float32
	for len(x) >= Lanes {
		for j, v := range x[:Lanes] {
			lane[j] += v
		}
		x = x[Lanes:]
	}
	for j, v := range x {
		lane[j%Lanes] += v
	}
	return pairwise(lane)
}

// SumSquares is
//
//	var lane [Lanes]float32
//	for j, v := range x {
//		lane[j%Lanes] += (v - mean) * (v - mean)
//	}
//	return pairwise(lane)
func SumSquares(x []float32, mean float32) float32 {
	var lane [Lanes]float32
	for j, v := range x {
		d := v - mean
		lane[j%Lanes] = float32(d*d) + lane[j%Lanes]
	}
	return pairwise(lane)
}

// pairwise adds lanes j and j+8, then j and j+4, j+2, j+1: Lanes−1 additions, in the order in
// which vector registers are halved.
func pairwise(lane [Lanes]float32) float32 {
	for half := Lanes / 2; half > 0; half /= 2 {
		for j := range half {
			lane[j] += lane[j+half]
		}
	}
	return lane[0]
}

// Normalize is
//
//	for j, v := range x {
//		out[j] = (v-mean)*scale*gain[j] + bias[j]
//	}
func Normalize(out, x []float32, mean, scale float32, gain, bias []float32) {
	out, gain, bias = out[:len(x)], gain[:len(x)], bias[:len(x)]
	for j, v := range x {
		n := (v - mean) * scale
		out[j] = float32(n*gain[j]) + bias[j]
	}
}

// Max is the largest number in x, and −Inf where there is none: a NaN stays in the row for ExpSum
// to find.
func Max(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		if v > m {
			m = v
		}
	}
	return m
}

// Residue is
//
//	var sum float32
//	for _, v := range x {
//		sum += v - v
//	}
//	return sum
//
// which is 0 where all of x are finite, and no number where one is not.
func Residue(x []float32) (sum float32) {
	for _, v := range x {
		sum += v - v
	}
	return sum
}

// ExpSum is
//
//	var lane [Lanes]float32
//	for j, v := range x {
//		x[j] = exp(v - max)
//		lane[j%Lanes] += x[j]
//	}
//	return pairwise(lane)
func ExpSum(x []float32, max float32) float32 {
	var lane [Lanes]float32
	for j, v := range x {
		e := Exp(v - max)
		x[j] = e
		lane[j%Lanes] += e
	}
	return pairwise(lane)
}

package pure

import "math/bits"

// RotatedBlock is how many numbers Rotate turns together.
const RotatedBlock = 64

// Rotate is, for each block of RotatedBlock numbers and, of what is left, for blocks of the powers of two
// that it is the sum of, the largest first,
//
//	for h := 1; h < n; h *= 2 {
//		for i := range n {
//			if i&h == 0 {
//				x[i], x[i+h] = x[i]+x[i+h], x[i]-x[i+h]
//			}
//		}
//	}
//
// which is the product with the Hadamard matrix H of n rows: each result is the sum of all n, half of them
// with another sign. H·H = n. out may be x. It returns MaxAbs of the results.
func Rotate(out, x []float32) (most float32) {
	copy(out, x)
	for n, rest := 0, out; len(rest) > 0; rest = rest[n:] {
		n = RotatedTogether(len(rest))
		block := rest[:n]
		for h := 1; h < n; h *= 2 {
			for i := 0; i < n; i += 2 * h {
				lower, upper := block[i:i+h], block[i+h:i+2*h]
				for j, a := range lower {
					b := upper[j]
					lower[j], upper[j] = a+b, a-b
				}
			}
		}
	}
	return MaxAbs(out)
}

// RotatedTogether is how many of the first of n numbers Rotate turns together.
func RotatedTogether(n int) int { return min(RotatedBlock, 1<<(bits.Len(uint(n))-1)) }

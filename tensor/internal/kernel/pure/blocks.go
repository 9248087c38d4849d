package pure

// blockPositions is how many positions a block of keys or values holds.
const blockPositions = 32

// Scores is
//
//	for i := range rows {
//		for j := range 32 * blocks {
//			var s float32
//			for d := range size {
//				s += q[i*ldq+d] * keys[j/32][at+32*d+j%32]
//			}
//			out[i*ldo+j] = s
//		}
//	}
func Scores(out []float32, ldo int, q []float32, ldq int, keys [][]float32, at, size, rows, blocks int) {
	for i, block := range keys[:blocks] {
		multiply(out[i*blockPositions:], ldo, q, ldq, block[at:], blockPositions, size, rows, blockPositions, false)
	}
}

// Mix is
//
//	for i := range rows {
//		for d := range size {
//			var s float32
//			if add {
//				s = out[i*ldo+d]
//			}
//			for j := range positions + i {
//				s += p[i*ldp+j] * values[j/32][at+size*(j%32)+d]
//			}
//			out[i*ldo+d] = s
//		}
//	}
func Mix(out []float32, ldo int, p []float32, ldp int, values [][]float32, at, size, rows, positions int, add bool) {
	for i := 0; i < positions; i += blockPositions {
		n := min(blockPositions, positions-i)
		multiply(out, ldo, p[i:], ldp, values[i/blockPositions][at:], size, n, rows, size, add || i > 0)
	}
	for i := 1; i < rows; i++ { // the positions that rows from i on see besides
		j := positions + i - 1
		multiply(out[i*ldo:], ldo, p[i*ldp+j:], ldp, values[j/blockPositions][at+j%blockPositions*size:], size, 1, rows-i, size, true)
	}
}

// Transpose is for i := range rows { for j := range cols { out[32*j+i] = in[ldi*i+j] } }
// for at most 32 rows. In assembly rows and cols are multiples of 16.
func Transpose(out, in []float32, ldi, rows, cols int) {
	for i := range rows {
		for j, v := range in[i*ldi:][:cols] {
			out[j*blockPositions+i] = v
		}
	}
}

// Fetch would ask for memory that is wanted soon, and leaves it to the processor.
func Fetch([]float32) {}

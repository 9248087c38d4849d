//go:build !purego

package avx512

// Groups makes integers of so many groups of 64 or 128, as package kernel does of one, where what has no sign is first
// multiplied with times, if that is not nil. Integers of one group
// lie qStep behind those of the one before it, starts and scales wordStep, and float32s xStep.
func Groups(q, start, scale []byte, qStep, wordStep int, x []float32, xStep int, times []float32, size, groups int, offset int32) {
	last := groups - 1
	_, _, _, _ = q[last*qStep+size-1], start[last*wordStep+3], scale[last*wordStep+3], x[last*xStep+size-1]
	var by *float32
	if times != nil {
		by = &times[:size][0]
	}
	f := groups64
	if size == 128 {
		f = groups128
	}
	f(&q[0], &start[0], &scale[0], qStep, wordStep, &x[0], 4*xStep, by, groups, int(offset))
}

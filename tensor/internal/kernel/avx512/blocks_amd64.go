//go:build !purego

package avx512

var scores = [Rows]func(out *float32, ldo int, q *float32, ldq int, keys *[]float32, at, size, blocks int){
	scores1, scores2, scores3, scores4, scores5, scores6, scores7,
	scores8, scores9, scores10, scores11, scores12, scores13, scores14,
}

// Scores is pure.Scores for at most Rows rows, where no product is rounded before it is added.
func Scores(out []float32, ldo int, q []float32, ldq int, keys [][]float32, at, size, rows, blocks int) {
	_, _ = out[(rows-1)*ldo+32*blocks-1], q[(rows-1)*ldq+size-1]
	for _, block := range keys[:blocks] {
		_ = block[at+32*size-1]
	}
	scores[rows-1](&out[0], ldo, &q[0], ldq, &keys[0], at, size, blocks)
}

type mixer func(out *float32, ldo int, p *float32, ldp int, values *[]float32, at, size, positions, cols int, add bool)

// One row goes through whole values, because it waits for memory.
var mix1 = [4]mixer{mix1x16, mix1x32, mix1x48, mix1x64}

// mixes has those of more rows, from 2.
var mixes = [Rows - 1][2]mixer{
	{mix2x16, mix2x32},
	{mix3x16, mix3x32},
	{mix4x16, mix4x32},
	{mix5x16, mix5x32},
	{mix6x16, mix6x32},
	{mix7x16, mix7x32},
	{mix8x16, mix8x32},
	{mix9x16, mix9x32},
	{mix10x16, mix10x32},
	{mix11x16, mix11x32},
	{mix12x16, mix12x32},
	{mix13x16, mix13x32},
	{mix14x16, mix14x32},
}

// Mix is pure.Mix for at most Rows rows, where no product is rounded before it is added.
func Mix(out []float32, ldo int, p []float32, ldp int, values [][]float32, at, size, rows, positions int, add bool) {
	_, _ = out[(rows-1)*ldo+size-1], p[(rows-1)*ldp+positions+rows-2]
	for _, block := range values[:(positions+rows+30)/32] {
		_ = block[at+32*size-1]
	}
	kinds := mix1[:]
	if rows > 1 {
		kinds = mixes[rows-2][:]
	}
	for d := 0; d < size; d += len(kinds) * Columns {
		n := min(len(kinds)*Columns, size-d)
		kinds[(n-1)/Columns](&out[d], ldo, &p[0], ldp, &values[0], at+d, size, positions, n, add)
	}
}

// Transpose is pure.Transpose.
func Transpose(out, in []float32, ldi, rows, cols int) {
	_, _ = out[32*(cols-1)+rows-1], in[(rows-1)*ldi+cols-1]
	transpose(&out[0], &in[0], ldi, rows, cols)
}

// Fetch is pure.Fetch.
func Fetch(memory []float32) {
	if len(memory) > 0 {
		fetch(&memory[0], (len(memory)+15)/16)
	}
}

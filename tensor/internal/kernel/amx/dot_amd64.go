//go:build linux && !purego

package amx

import "unsafe"

// Rows8 is the most rows of Dot8, and Panels8 the panels that it goes through with their activations in the first cache.
const (
	Rows8   = blockRows
	Panels8 = 4
)

// Rows4 is the most rows of Dot4: as many outputs of a panel stay in the first cache beside a panel.
const Rows4 = 128

// Inputs is what a tile multiplies at a time.
const Inputs = 64

const (
	tileRows = 16
	// Two tiles of rows and two of outputs have four of sums, two of activations and two of weights, of eight.
	blockRows = 2 * tileRows
	outputs   = 32 // of a panel
)

// Dot8 is pure.Dot8 for 1 to Rows8 rows of a multiple of Inputs in one group, and for as many panels as w is, 1 to Panels8,
// where no product of a sum and its scale is rounded before it is added. All integers of a row lie side by
// side, and behind them its start and scale. Meanwhile it fetches result, where out goes in the end, and
// ahead, which is wanted next.
func Dot8(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, ahead []byte) {
	if k > group {
		panic(severalGroups)
	}
	panels := len(w) / ((k + 4) * outputs)
	_, _ = out[(rows-1)*ldo+panels*outputs-1], a[rows*lda-1]
	var b *float32
	if bias != nil {
		b = &bias[:panels*outputs][0]
	}
	f, tall := dot8x16, 1
	if rows > tileRows {
		f, tall = dot8x32, 2
	}
	next := &w[0]
	if len(ahead) > 0 {
		next = &ahead[0]
	}
	products := k / Inputs * panels * 2 * tall // behind each of which some lines are fetched
	step := (len(ahead)/products + cacheLine - 1) / cacheLine * cacheLine
	f(&out[0], 4*ldo, &a[0], &a[k], lda, &w[0], k/Inputs, rows, panels, b, add, &result[0], 4*ldr, next, (*byte)(unsafe.Add(unsafe.Pointer(next), len(ahead))), step, &shapes[rows][0])
}

const (
	severalGroups = "amx: inputs of several groups"
	cacheLine     = 64
)

// Dot4 is Dot8 for 1 to Rows4 rows and weights of 4 bits that Widen has made bytes, in groups of Inputs, each of which
// has a start and a scale in a row.
func Dot4(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, ahead []byte) {
	_, _, w = out[(rows-1)*ldo+outputs-1], a[rows*lda-1], w[:k/Inputs*wideGroup]
	var b *float32
	if bias != nil {
		b = &bias[:outputs][0]
	}
	multiply := func(i, height, blocks int) {
		f, tall := dot4x16, 1
		if height > tileRows {
			f, tall = dot4x32, 2
		}
		part, next := ahead[len(ahead)*i/rows:len(ahead)*(i+height*blocks)/rows], &w[0]
		if len(part) > 0 {
			next = &part[0]
		}
		products := k / Inputs * blocks * 2 * tall // behind each of which a step is fetched
		f(&out[i*ldo], 4*ldo, &a[i*lda], &a[i*lda+k], lda, &w[0], k/Inputs, group/Inputs, height, blocks, b, add, &result[i*ldr], 4*ldr, next, len(part)/products, &shapes[height][0])
	}
	whole := rows / blockRows * blockRows
	if whole > 0 {
		multiply(0, blockRows, rows/blockRows)
	}
	if whole < rows {
		multiply(whole, rows-whole, 1)
	}
}

// The lengths of a group of weights of 4 bits, and of the same in bytes with scales in float32.
const (
	packedGroup = (Inputs/2 + 2) * outputs
	wideGroup   = (Inputs + 4) * outputs
)

// Widen makes bytes of a panel of weights of 4 bits, in quads of inputs as those of 8 bits lie, and float32s of
// each group's scales, behind it.
func Widen(to, w []byte) {
	groups := len(w) / packedGroup
	_ = to[groups*wideGroup-1]
	widen(&to[0], &w[0], groups)
}

// A shape is what LDTILECFG loads.
type shape [64]byte

// shapes are those of so many rows: tiles 0 to 3 are sums, two of outputs for each of rows, 4 and 5 are
// activations, 6 and 7 weights.
var shapes = func() (list [blockRows + 1]shape) {
	const palette, bytes, height = 0, 16, 48 // where they begin
	for n := range list {
		s := &list[n]
		s[palette] = 1
		for tile, rows := range [8]int{
			min(n, tileRows), min(n, tileRows), max(n-tileRows, 0), max(n-tileRows, 0),
			min(n, tileRows), max(n-tileRows, 0), Inputs / 4, Inputs / 4,
		} {
			if rows > 0 {
				s[bytes+2*tile], s[height+tile] = 64, byte(rows)
			}
		}
	}
	return list
}()

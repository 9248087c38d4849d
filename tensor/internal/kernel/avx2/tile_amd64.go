//go:build !purego

package avx2

import "unsafe"

// Rows is the most rows of a Tile: six rows of two registers leave room for a and b in 16.
const Rows = 6

// Columns is the number of float32s in a register.
const Columns = 8

type kernel func(out *float32, ldo int, a *float32, lda int, b *float32, ldb, k, cols int, add bool, bias *float32, ahead *byte, step int)

// One or two rows go through whole lines of a panel, because they wait for memory.
var wide = [2][4]kernel{
	{tile1x8, tile1x16, tile1x24, tile1x32},
	{tile2x8, tile2x16, tile2x24, tile2x32},
}

// narrow has the tiles of more rows, from 3.
var narrow = [Rows - 2][2]kernel{
	{tile3x8, tile3x16},
	{tile4x8, tile4x16},
	{tile5x8, tile5x16},
	{tile6x8, tile6x16},
}

// Tile is pure.Tile for at most Rows rows and 32 columns, where no product is rounded before it is
// added. Where that gains, it fetches ahead, which is wanted next, into the second cache.
func Tile(out []float32, ldo int, a []float32, lda int, b []float32, ldb int, k, rows, cols int, add bool, bias []float32, ahead []byte) {
	_, _, _ = out[(rows-1)*ldo+cols-1], a[(rows-1)*lda+k-1], b[(k-1)*ldb+cols-1]
	if bias != nil {
		_ = bias[cols-1]
	}
	next, step := (*byte)(unsafe.Pointer(&b[0])), 0
	if len(ahead) > 0 {
		next, step = &ahead[0], len(ahead)/k
	}
	if rows <= len(wide) {
		wide[rows-1][(cols-1)/Columns](&out[0], ldo, &a[0], lda, &b[0], ldb, k, cols, add, first(bias, 0), next, step)
		return
	}
	for j := 0; j < cols; j += 2 * Columns {
		n := min(2*Columns, cols-j)
		narrow[rows-3][(n-1)/Columns](&out[j], ldo, &a[0], lda, &b[j], ldb, k, n, add, first(bias, j), next, step)
	}
}

type widener func(out *float32, ldo int, a *float32, lda int, b *uint16, k, cols int, add bool, bias *float32, ahead *byte, step int)

var widensWide = [2][4]widener{
	{widen1x8, widen1x16, widen1x24, widen1x32},
	{widen2x8, widen2x16, widen2x24, widen2x32},
}

// widensNarrow has the tiles of more rows, from 3, for columns 0 to 15 and from 16 on.
var widensNarrow = [Rows - 2][2][2]widener{
	{{widen3x8, widen3x16}, {widenUpper3x8, widenUpper3x16}},
	{{widen4x8, widen4x16}, {widenUpper4x8, widenUpper4x16}},
	{{widen5x8, widen5x16}, {widenUpper5x8, widenUpper5x16}},
	{{widen6x8, widen6x16}, {widenUpper6x8, widenUpper6x16}},
}

// TileBF16 is pure.TileBF16 as Tile is pure.Tile.
func TileBF16(out []float32, ldo int, a []float32, lda int, b []uint16, k, rows, cols int, add bool, bias []float32, ahead []byte) {
	_, _, _ = out[(rows-1)*ldo+cols-1], a[(rows-1)*lda+k-1], b[k*32-1]
	if bias != nil {
		_ = bias[cols-1]
	}
	next, step := (*byte)(unsafe.Pointer(&b[0])), 0
	if len(ahead) > 0 {
		next, step = &ahead[0], len(ahead)/k
	}
	if rows <= len(widensWide) {
		widensWide[rows-1][(cols-1)/Columns](&out[0], ldo, &a[0], lda, &b[0], k, cols, add, first(bias, 0), next, step)
		return
	}
	for j := 0; j < cols; j += 2 * Columns {
		n := min(2*Columns, cols-j)
		widensNarrow[rows-3][j/(2*Columns)][(n-1)/Columns](&out[j], ldo, &a[0], lda, &b[0], k, n, add, first(bias, j), next, step)
	}
}

// first is where a bias begins for the columns from j on, nil where there is none.
func first(bias []float32, j int) *float32 {
	if bias == nil {
		return nil
	}
	return &bias[j]
}

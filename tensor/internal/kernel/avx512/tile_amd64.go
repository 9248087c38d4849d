//go:build !purego

package avx512

import "unsafe"

// Rows is the most rows of a Tile: 14 rows of two registers leave room for b in 32 registers.
const Rows = 14

// Columns is the number of float32s in a register.
const Columns = 16

var tiles = [Rows][2]func(out *float32, ldo int, a *float32, lda int, b *float32, ldb, k, cols int, add bool, bias *float32, ahead *byte, step int){
	{tile1x16, tile1x32},
	{tile2x16, tile2x32},
	{tile3x16, tile3x32},
	{tile4x16, tile4x32},
	{tile5x16, tile5x32},
	{tile6x16, tile6x32},
	{tile7x16, tile7x32},
	{tile8x16, tile8x32},
	{tile9x16, tile9x32},
	{tile10x16, tile10x32},
	{tile11x16, tile11x32},
	{tile12x16, tile12x32},
	{tile13x16, tile13x32},
	{tile14x16, tile14x32},
}

// Tile is pure.Tile for at most Rows rows and 32 columns, where no product is rounded before it is
// added. It fetches ahead, which is wanted next, into the first cache, unless so few rows share a
// panel that they take more than a line for each k: the processor fetches that as fast by itself.
func Tile(out []float32, ldo int, a []float32, lda int, b []float32, ldb int, k, rows, cols int, add bool, bias []float32, ahead []byte) {
	_, _, _ = out[(rows-1)*ldo+cols-1], a[(rows-1)*lda+k-1], b[(k-1)*ldb+cols-1]
	if bias != nil {
		_ = bias[cols-1]
	}
	next, step := (*byte)(unsafe.Pointer(&b[0])), 0
	if len(ahead) > 0 && len(ahead) < cacheLine*k {
		next, step = &ahead[0], len(ahead)/k
	}
	tiles[rows-1][(cols-1)/Columns](&out[0], ldo, &a[0], lda, &b[0], ldb, k, cols, add, unsafe.SliceData(bias), next, step)
}

var widens = [Rows][2]func(out *float32, ldo int, a *float32, lda int, b *uint16, k, cols int, add bool, bias *float32, ahead *byte, step int){
	{widen1x16, widen1x32},
	{widen2x16, widen2x32},
	{widen3x16, widen3x32},
	{widen4x16, widen4x32},
	{widen5x16, widen5x32},
	{widen6x16, widen6x32},
	{widen7x16, widen7x32},
	{widen8x16, widen8x32},
	{widen9x16, widen9x32},
	{widen10x16, widen10x32},
	{widen11x16, widen11x32},
	{widen12x16, widen12x32},
	{widen13x16, widen13x32},
	{widen14x16, widen14x32},
}

// TileBF16 is pure.TileBF16 as Tile is pure.Tile. It fetches ahead into the second cache.
func TileBF16(out []float32, ldo int, a []float32, lda int, b []uint16, k, rows, cols int, add bool, bias []float32, ahead []byte) {
	_, _, _ = out[(rows-1)*ldo+cols-1], a[(rows-1)*lda+k-1], b[k*32-1]
	if bias != nil {
		_ = bias[cols-1]
	}
	next, step := (*byte)(unsafe.Pointer(&b[0])), 0
	if len(ahead) > 0 {
		next, step = &ahead[0], len(ahead)/k
	}
	widens[rows-1][(cols-1)/Columns](&out[0], ldo, &a[0], lda, &b[0], k, cols, add, unsafe.SliceData(bias), next, step)
}

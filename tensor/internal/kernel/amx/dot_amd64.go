//go:build linux && !purego

package amx

// DotRows is the most rows of Dot8: as many outputs of a panel stay in the first cache beside a panel.
const DotRows = 128

// Inputs is what a tile multiplies at a time.
const Inputs = 64

const (
	tileRows = 16
	// Two tiles of rows and two of outputs have four of sums, two of activations and two of weights, of eight.
	blockRows = 2 * tileRows
	outputs   = 32 // of a panel
)

// Dot8 is pure.Dot8 for 2 to DotRows rows of a multiple of Inputs, where no product of a sum and its scale is
// rounded before it is added. All integers of a row lie side by side, and behind them each group's start
// and scale. Meanwhile it fetches result, where out goes in the end, and ahead, which is wanted next.
func Dot8(out []float32, ldo int, a []byte, lda int, w []byte, k, group, rows int, bias []float32, add bool, result []float32, ldr int, ahead []byte) {
	_, _, _ = out[(rows-1)*ldo+outputs-1], a[rows*lda-1], w[(k+4)*outputs-1]
	var b *float32
	if bias != nil {
		b = &bias[:outputs][0]
	}
	multiply := func(i, height, blocks int) {
		kernel, products := dot8x16, 2 // behind each of which something is fetched
		if height > tileRows {
			kernel, products = dot8x32, 4
		}
		part, next := ahead[len(ahead)*i/rows:len(ahead)*(i+height*blocks)/rows], &w[0]
		if len(part) > 0 {
			next = &part[0]
		}
		step := len(part) / (k / Inputs * blocks * products)
		kernel(&out[i*ldo], 4*ldo, &a[i*lda], &a[i*lda+k], lda, &w[0], k/Inputs, group/Inputs, height, blocks, b, add, &result[i*ldr], 4*ldr, next, step, &shapes[height][0])
	}
	whole := rows / blockRows * blockRows
	if whole > 0 {
		multiply(0, blockRows, rows/blockRows)
	}
	if whole < rows {
		multiply(whole, rows-whole, 1)
	}
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

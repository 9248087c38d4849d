package tiles

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Probe emits the loop that measures what tiles can do.
func Probe() {
	const (
		tiles      = 4 // of sums
		operations = 2 * rows * (half / word) * inputs
	)
	TEXT("probeDot", NOSPLIT, "func(sums *int32, x *uint8, y *int8, n int, shapes *byte) (operations int64)")
	Doc(
		"probeDot is, with 64 elements of x and of y, tile t of sums being its 256 from 256·t on,",
		"",
		"	for range n {",
		"		for i := range sums {",
		"			for j := range 64 {",
		"				sums[i] += int32(x[j]) * int32(y[4*(i%16)+j%4])",
		"				operations += 2",
		"			}",
		"		}",
		"	}",
	)
	Pragma("noescape")
	at, stride, n, done := reg.R8, reg.R9, Load(Param("n"), GP64()), GP64()
	Configure(load("shapes", at))
	XORQ(stride, stride)
	LoadTile(tiles, load("x", at), stride, 0)
	LoadTile(tiles+1, load("y", at), stride, 0)
	MOVQ(U64(half), stride)
	load("sums", at)
	for t := range tiles {
		LoadTile(Tile(t), at, stride, t*rows*half)
	}
	XORQ(done, done)
	TESTQ(n, n)
	JLE(LabelRef("end"))
	Label("trip")
	for t := range tiles {
		MultiplyUnsigned(Tile(t), tiles, tiles+1)
	}
	ADDQ(U32(tiles*operations), done)
	DECQ(n)
	JNZ(LabelRef("trip"))
	Label("end")
	for t := range tiles {
		StoreTile(Tile(t), at, stride, t*rows*half)
	}
	Release()
	Store(done, ReturnIndex(0))
	RET()
}

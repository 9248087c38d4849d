// Command amx generates the assembly of package amx.
package main

import (
	. "github.com/mmcloughlin/avo/build"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/tiles"
)

func main() {
	ConstraintExpr("amd64,linux,!purego")
	tiles.Probe()
	for _, bits := range []int{8, 4} {
		tiles.Dot(bits, 1)
		tiles.Dot(bits, 2)
	}
	tiles.Widen()
	Generate()
}

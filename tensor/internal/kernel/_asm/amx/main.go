// Command amx generates the assembly of package amx.
package main

import (
	. "github.com/mmcloughlin/avo/build"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/tiles"
)

func main() {
	ConstraintExpr("amd64,linux,!purego")
	tiles.Probe()
	tiles.Dot8(1)
	tiles.Dot8(2)
	Generate()
}

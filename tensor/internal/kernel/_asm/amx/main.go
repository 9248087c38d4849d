// Command amx generates the assembly of package amx.
package main

import (
	. "github.com/mmcloughlin/avo/build"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/tiles"
)

func main() {
	ConstraintExpr("amd64,linux,!purego")
	tiles.Probe()
	for tall := 1; tall <= 2; tall++ {
		tiles.Dot8(tall)
		tiles.Dot4(tall)
	}
	tiles.Widen()
	Generate()
}

// Command avx2 generates the assembly of package avx2.
package main

import (
	. "github.com/mmcloughlin/avo/build"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/probe"
)

func main() {
	ConstraintExpr("amd64,!purego")
	w := probe.Width{Bytes: 32, Register: YMM}
	probe.FMA(w)
	dot(w)
	read(w)
	Generate()
}

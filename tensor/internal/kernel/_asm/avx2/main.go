// Command avx2 generates the assembly of package avx2.
package main

import (
	. "github.com/mmcloughlin/avo/build"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/dot"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/probe"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/rows"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/tile"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

func main() {
	ConstraintExpr("amd64,!purego")
	w := probe.Width{Bytes: 32, Register: YMM}
	probe.FMA(w)
	probeDot(w)
	read(w)
	for n := 1; n <= 2; n++ {
		for registers := 1; registers <= 4; registers++ {
			tile.Emit(vector.AVX2, n, registers)
			tile.EmitWiden(vector.AVX2, n, registers, 0)
		}
	}
	for n := 3; n <= 6; n++ {
		for registers := 1; registers <= 2; registers++ {
			tile.Emit(vector.AVX2, n, registers)
			tile.EmitWiden(vector.AVX2, n, registers, 0)
			tile.EmitWiden(vector.AVX2, n, registers, 16)
		}
	}
	for n := 1; n <= 6; n++ {
		tile.EmitScores(vector.AVX2, n, max(2, 4/n))
	}
	for registers := 1; registers <= 8; registers++ {
		tile.EmitMix(vector.AVX2, 1, registers)
	}
	for n := 2; n <= 6; n++ {
		for registers := 1; registers <= 2; registers++ {
			tile.EmitMix(vector.AVX2, n, registers)
		}
	}
	for _, bits := range []int{8, 4} {
		dot.AVX2(bits, 2)
		dot.AVX2(bits, 3)
		dot.RowAVX2(bits)
	}
	tile.EmitTranspose(vector.AVX2)
	tile.EmitFetch()
	tile.EmitRow(vector.AVX2)
	rows.Emit(vector.AVX2)
	rows.EmitWords(vector.AVX2)
	Generate()
}

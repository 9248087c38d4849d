// Command avx512 generates the assembly of package avx512.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/dot"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/probe"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/rows"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/tile"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/vector"
)

func main() {
	ConstraintExpr("amd64,!purego")
	wide, half := probe.Width{Bytes: 64, Register: ZMM}, probe.Width{Bytes: 32, Register: YMM}
	probe.FMA(wide)
	probeDot("ProbeDot", wide)
	probeDot("ProbeDot256", half)
	for n := 1; n <= 14; n++ {
		for registers := 1; registers <= 2; registers++ {
			tile.Emit(vector.AVX512, n, registers)
			tile.EmitWiden(vector.AVX512, n, registers, 0)
		}
	}
	for registers := 1; registers <= 4; registers++ {
		tile.EmitMix(vector.AVX512, 1, registers)
	}
	for n := 1; n <= 14; n++ {
		tile.EmitScores(vector.AVX512, n, 2)
		for registers := 1; registers <= 2 && n > 1; registers++ {
			tile.EmitMix(vector.AVX512, n, registers)
		}
	}
	for _, bits := range []int{8, 4} {
		for n := 2; n <= 7; n++ {
			dot.VNNI(bits, n)
		}
		dot.RowVNNI(bits)
	}
	for n := dot.FetchedFrom; n <= 7; n++ {
		dot.FarVNNI(8, n)
	}
	tile.EmitTranspose(vector.AVX512)
	tile.EmitFetch()
	tile.EmitRow(vector.AVX512)
	rows.Emit(vector.AVX512)
	rows.EmitGroups(64)
	rows.EmitGroups(128)
	rows.EmitRoundBlocks()
	Generate()
}

func probeDot(name string, w probe.Width) {
	probe.Dot(name, w)
	probe.Accumulate(w, 2*w.Bytes, func(x, y, sum reg.VecVirtual) { VPDPBUSD(y, x, sum) })
}

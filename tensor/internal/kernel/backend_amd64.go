//go:build !purego

package kernel

import (
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/avx2"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/avx512"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// assemblyBackends lists the backends in assembly that this processor can run, the fastest first.
// erf is in Go in all of them.
func assemblyBackends() (list []*Backend) {
	if hasAVX512 {
		list = append(list, &Backend{
			Name: "avx512",
			Tile: avx512.Tile, TileBF16: avx512.TileBF16, Rows: avx512.Rows, Columns: avx512.Columns,
			Row: avx512.Row, RowBF16: avx512.RowBF16,
			Scores: avx512.Scores, Mix: avx512.Mix, Transpose: avx512.Transpose, Fetch: avx512.Fetch,
			Integers: wideIntegers(),
			MaxAbs:   avx512.MaxAbs, Rotate: avx512.Rotate,
			Add: avx512.Add, FetchRows: avx512.FetchRows, ScaleTo: avx512.ScaleTo, Multiply: avx512.Multiply, Sum: avx512.Sum, SumSquares: avx512.SumSquares,
			Normalize: avx512.Normalize, Max: avx512.Max, Residue: avx512.Residue, ExpSum: avx512.ExpSum,
			Activate: [Activations]alongRows{
				GELUTanh: avx512.GELUTanh, GELU: pure.GELU, ReLU: avx512.ReLU, SiLU: avx512.SiLU, Tanh: avx512.Tanh,
			},
		})
		list = append(tiled(*list[0]), list...)
	}
	if hasAVX2 {
		list = append(list, &Backend{
			Name: "avx2",
			Tile: avx2.Tile, TileBF16: avx2.TileBF16, Rows: avx2.Rows, Columns: avx2.Columns,
			Row: avx2.Row, RowBF16: avx2.RowBF16,
			Scores: avx2.Scores, Mix: avx2.Mix, Transpose: avx2.Transpose, Fetch: avx2.Fetch,
			Integers: avx2Integers,
			MaxAbs:   avx2.MaxAbs, Rotate: avx2.Rotate,
			Add: avx2.Add, FetchRows: avx2.FetchRows, ScaleTo: avx2.ScaleTo, Multiply: avx2.Multiply, Sum: avx2.Sum, SumSquares: avx2.SumSquares,
			Normalize: avx2.Normalize, Max: avx2.Max, Residue: avx2.Residue, ExpSum: avx2.ExpSum,
			Activate: [Activations]alongRows{
				GELUTanh: avx2.GELUTanh, GELU: pure.GELU, ReLU: avx2.ReLU, SiLU: avx2.SiLU, Tanh: avx2.Tanh,
			},
		})
	}
	return list
}

var avx2Integers = [Formats]integers{
	Int8: int8s(integers{width: 2, round: avx2.RoundWords, dot: avx2.Dot8, rows: avx2.DotRows, panels: 1, block: dotRows, row: avx2.Row8}),
	Int4: int4s(integers{width: 1, round: avx2.Round, dot: avx2.Dot4, rows: avx2.DotRows, panels: 1, block: dotRows, row: avx2.Row4}),
}

// wideIntegers are those of AVX-512, which has a dot product of bytes on most processors only.
func wideIntegers() [Formats]integers {
	if !hasVNNI {
		return avx2Integers
	}
	return [Formats]integers{
		Int8: int8s(integers{width: 1, groups: avx512.Groups, round: avx512.RoundVNNI, dot: avx512.Dot8, rows: avx512.DotRows, panels: 1, block: dotRows, row: avx512.Row8}),
		Int4: int4s(integers{width: 1, groups: avx512.Groups, round: avx512.RoundVNNI, dot: avx512.Dot4, rows: avx512.DotRows, panels: 1, block: dotRows, row: avx512.Row4}),
	}
}

//go:build linux && !purego

package kernel

import (
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/amx"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/avx512"
)

// hasTiles: the processor has AMX's tiles and the system lets them be used, which it is asked once.
var hasTiles = hasAMX && amx.Permitted()

// tiled is the backend avx512 with products of integers in tiles, where they can be used.
func tiled(b Backend) []*Backend {
	if !hasTiles {
		return nil
	}
	b.Name = "amx"
	b.Tiles[Int8] = int8s(integers{width: 1, tiled: true, groups: avx512.Groups, round: avx512.RoundVNNI, dot: amx.Dot8, rows: amx.Rows8, panels: amx.Panels8, block: 8 * amx.Rows8})
	b.Tiles[Int4] = int4s(integers{width: 1, tiled: true, groups: avx512.Groups, round: avx512.RoundVNNI, widen: amx.Widen, dot: amx.Dot4, rows: amx.Rows4, panels: 1, block: amx.Rows4})
	return []*Backend{&b}
}

// tileProbes lists the probe of tiles, where they can be used.
func tileProbes() []Probe {
	if !hasTiles {
		return nil
	}
	const operations = 16 * chunkOperations // else looks at the clock would take some percent
	return []Probe{int8Probe("amx", amx.ProbeSums, 64, operations, amx.ProbeDot)}
}

package tiles

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	rows   = 16  // of a tile
	inputs = 64  // of a trip: the bytes of a tile's row
	line   = 128 // bytes of 32 sums, and of four weights for each of 32 outputs
	half   = 64  // of them, which a tile and a register have
	word   = 4   // bytes of a group's start and of its scale
	block  = rows * line
)

// The registers of what tiles are loaded from and stored to, which have numbers in their code.
var (
	activations = []reg.GPPhysical{reg.R8, reg.R9} // of a trip, for each tile's rows
	lda         = reg.R10
	weights     = reg.R11
	lines       = reg.R12 // what is in a line, from one to the next
	sums        = reg.R13 // [rows][32]int32
)

// pointRows emits where the activations of each tile's rows begin.
func pointRows(tall int) {
	load("a", activations[0])
	if tall > 1 {
		MOVQ(lda, activations[1])
		SHLQ(U8(4), activations[1])
		ADDQ(activations[0], activations[1])
	}
}

// param emits the loading of a parameter, and set that of another value for it: there are too few registers.
func param(name string) reg.GPVirtual {
	v := GP64()
	Load(Param(name), v)
	return v
}

func set(name string, v reg.Register) { Store(v, Param(name)) }

func load(name string, to reg.GPPhysical) reg.GPPhysical {
	Load(Param(name), to)
	return to
}

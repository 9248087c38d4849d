// Package tiles emits AMX's instructions, which neither avo nor Go's assembler has, byte by byte
// (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, "TDPBSSD" and following).
package tiles

import (
	"encoding/binary"
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Tile is the number of one of the eight registers of at most 16 rows of 64 bytes.
type Tile byte

// The prefixes by which instructions of one opcode differ.
const (
	none byte = iota
	p66
	pF3
	pF2
)

// Configure emits the loading of the tiles' shapes: byte 0 is 1, those from 16 on are bytes of a row,
// 16 bits each, those from 48 on are rows. All tiles are zeros then.
func Configure(at reg.GPPhysical) {
	emit(fmt.Sprintf("LDTILECFG (%s)", at.Asm()), none, 0x49, 0, at, nil, 0)
}

// Release emits that no tile is used any more, which a switch of threads then need not keep.
func Release() { code("TILERELEASE", 0xc4, 0xe2, 0x78, 0x49, 0xc0) }

// Zero emits t = 0.
func Zero(t Tile) { code(fmt.Sprintf("TILEZERO TMM%d", t), 0xc4, 0xe2, 0x7b, 0x49, 0xc0|byte(t)<<3) }

// LoadTile emits the loading of t's rows, the first from base on and each stride behind the one before.
func LoadTile(t Tile, base, stride reg.GPPhysical, at int) {
	emit(fmt.Sprintf("TILELOADD %d(%s)(%s*1), TMM%d", at, base.Asm(), stride.Asm(), t), pF2, 0x4b, t, base, stride, at)
}

// LoadTileOnce is LoadTile of what is not loaded again soon.
func LoadTileOnce(t Tile, base, stride reg.GPPhysical, at int) {
	emit(fmt.Sprintf("TILELOADDT1 %d(%s)(%s*1), TMM%d", at, base.Asm(), stride.Asm(), t), p66, 0x4b, t, base, stride, at)
}

// StoreTile emits the opposite.
func StoreTile(t Tile, base, stride reg.GPPhysical, at int) {
	emit(fmt.Sprintf("TILESTORED TMM%d, %d(%s)(%s*1)", t, at, base.Asm(), stride.Asm()), pF3, 0x4b, t, base, stride, at)
}

// Multiply emits sums[i][j] += Σ_p Σ_q a[i][4·p+q]·w[p][4·j+q], of int8 in a and uint8 in w, in int32.
func Multiply(sums, a, w Tile) { product("TDPBSUD", pF3, sums, a, w) }

// MultiplyUnsigned is Multiply of uint8 in a and int8 in w.
func MultiplyUnsigned(sums, a, w Tile) { product("TDPBUSD", p66, sums, a, w) }

func product(name string, prefix byte, sums, a, w Tile) {
	code(fmt.Sprintf("%s TMM%d, TMM%d, TMM%d", name, w, a, sums), 0xc4, 0xe2, byte(^w&15)<<3|prefix, 0x5e, 0xc0|byte(sums)<<3|byte(a))
}

// emit emits an instruction with memory: a VEX prefix of the map 0F38, whose bits of registers are
// inverted, then base, index and a byte's displacement. Without an index the base alone says where.
func emit(text string, prefix, opcode byte, t Tile, base, index reg.GPPhysical, at int) {
	const upper, upperIndex, upperBase = 0xe0, 0x40, 0x20 // of three numbers
	const displaced, scaled, without = 0x80, 4, 4 << 3
	bits, sib := byte(upper), number(base)&7|without
	if number(base) > 7 {
		bits &^= upperBase
	}
	inputs := []operand.Op{base}
	if index != nil {
		inputs = append(inputs, index)
		sib = number(base)&7 | number(index)&7<<3
		if number(index) > 7 {
			bits &^= upperIndex
		}
	}
	bytes := []byte{0xc4, bits | 2, 0x78 | prefix, opcode, displaced | byte(t)<<3 | scaled, sib}
	Comment(text)
	raw(binary.LittleEndian.AppendUint32(bytes, uint32(at)), inputs)
}

// number is a register's in the instruction set.
func number(r reg.GPPhysical) byte { return byte(r.PhysicalIndex()) }

// code emits an instruction without memory.
func code(text string, bytes ...byte) {
	Comment(text)
	raw(bytes, nil)
}

// raw emits bytes that read these registers, which nothing else tells.
func raw(bytes []byte, inputs []operand.Op) {
	one := func(opcode string, value operand.Op) {
		Instruction(&ir.Instruction{Opcode: opcode, Operands: []operand.Op{value}, Inputs: inputs})
	}
	for ; len(bytes) >= 4; bytes = bytes[4:] {
		one("LONG", operand.U32(binary.LittleEndian.Uint32(bytes)))
	}
	for _, b := range bytes {
		one("BYTE", operand.U8(b))
	}
}

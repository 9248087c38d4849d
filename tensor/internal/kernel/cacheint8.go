package kernel

import (
	"encoding/binary"
	"math"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// Keys and values of int8 lie in blocks as panels of weights do, so that a row meets them in a product of
// integers. A head's keys are panels of 32 positions, whose inputs are its elements, and whose scales are
// the keys'. Its values are panels of 32 of their elements, whose inputs are positions, and whose scales
// are 1; the values' own scales lie behind the panels, and go into what they are multiplied with. A block that is
// not full is a panel of as many positions, in thirty-twos: the scales of 1 lie where its next values will.

// keyPanel and valuePanel are the lengths of a panel.
func (k Blocks) keyPanel() int { return panelInt8(k.Size) }

const valuePanel = PanelColumns * (BlockPositionsInt8 + float32Bytes)

// keysInt8 and valuesInt8 are the bytes of a head in a block.
func (k Blocks) keysInt8() int { return BlockPositionsInt8 / PanelColumns * k.keyPanel() }

func (k Blocks) valuesInt8() int {
	return PanelCount(k.Size)*valuePanel + BlockPositionsInt8*float32Bytes
}

// valuesOf is head h's part of a block of values: its panels, and the values' scales.
func (k Blocks) valuesOf(block []float32, h int) (panels []byte, scales []float32) {
	part := bytes(block)[h*k.valuesInt8():][:k.valuesInt8()]
	n := PanelCount(k.Size) * valuePanel
	return part[:n], floats(part[n:])
}

// depthInt8 is how many positions of a block are multiplied with that holds n.
func depthInt8(n int) int { return roundUp(n, PanelColumns) }

// end writes the scales behind the last of n positions of head h.
func (k Blocks) end(block []float32, h, n int) {
	panels, _ := k.valuesOf(block, h)
	for ; len(panels) > 0; panels = panels[valuePanel:] {
		for j, scales := 0, floats(panels[depthInt8(n)*PanelColumns:]); j < PanelColumns; j++ {
			scales[j] = 1
		}
	}
}

// appended is how many positions appendInt8 makes integers of at a time: fours, as values lie.
const appended = 16

// appendRoom is the length of what appendInt8 needs.
func (k Blocks) appendRoom() int { return appended * (roundUp(k.Size, pure.DotInputs) + 2*wordBytes) }

// appendInt8 makes integers of the new keys and values in the blocks, for the heads from up to to, which lie side by
// side in a row.
func (b *Backend) appendInt8(a *Attention, from, to int, room []byte) (c Count) {
	padded := roundUp(a.Size, pure.DotInputs)
	q, words := room[:appended*padded], room[appended*padded:]
	g := &b.Integers[Int4] // whose activations are bytes with every instruction set
	for i, n := 0, 0; i < a.Rows; i += n {
		block, at := (a.Past+i)/BlockPositionsInt8, (a.Past+i)%BlockPositionsInt8
		n = min(appended-at%appended, a.Rows-i)
		for h := from; h < to; h++ {
			if h+1 < to { // rows are far apart, which the processor does not foresee
				b.FetchRows(a.KV[i*a.LDKV+(h+1)*a.Size:], a.LDKV, n, a.Size)
				b.FetchRows(a.KV[i*a.LDKV+(a.Heads+h+1)*a.Size:], a.LDKV, n, a.Size)
			}
			g.makeGroups(b, q, words, words[wordBytes:], padded, 2*wordBytes, a.KV[i*a.LDKV+h*a.Size:], a.LDKV, a.Size, n, &c)
			b.putKeys(a.Blocks, a.Keys[block], at, h, q, words, n)
			g.makeGroups(b, q, words, words[wordBytes:], padded, 2*wordBytes, a.KV[i*a.LDKV+(a.Heads+h)*a.Size:], a.LDKV, a.Size, n, &c)
			a.putValues(a.Values[block], at, h, q, words, n)
			if at%PanelColumns == 0 || depthInt8(at) != depthInt8(at+n) {
				a.end(a.Values[block], h, at+n)
			}
		}
	}
	heads := to - from
	c.Elementwise -= int64(2 * heads * a.Rows) // no starts
	c.Read += int64(2 * heads * a.Rows * a.Size * float32Bytes)
	c.Written += int64(a.Rows * a.PositionBytes() / a.Heads * heads)
	return c
}

// unsigned adds the offset to four integers.
const unsigned = 0x80808080

// putKeys puts the keys of n positions, from one on, where they belong in a block. Sixteen of them are
// a panel of words that is turned.
func (b *Backend) putKeys(k Blocks, block []float32, at, h int, q, words []byte, n int) {
	padded := len(q) / appended
	panel := bytes(block)[h*k.keysInt8()+at/PanelColumns*k.keyPanel():]
	for i := range n {
		copy(panel[(padded*PanelColumns + (at+i)%PanelColumns*wordBytes):][:wordBytes], words[(2*i+1)*wordBytes:])
	}
	q = q[:n*padded]
	for d := 0; d < len(q); d += 8 {
		binary.LittleEndian.PutUint64(q[d:], binary.LittleEndian.Uint64(q[d:])^unsigned<<32^unsigned)
	}
	column := floats(panel)[at%PanelColumns:]
	if n == appended {
		b.transpose(column, floats(q), padded/4, appended, padded/4)
		return
	}
	for i := range n {
		for d, four := range floats(q[i*padded:][:padded]) {
			column[d*PanelColumns+i] = four
		}
	}
}

// putValues puts the values of n positions, from one on, where they belong in a block.
func (k Blocks) putValues(block []float32, at, h int, q, words []byte, n int) {
	padded := len(q) / appended
	panels, scales := k.valuesOf(block, h)
	for i := range n {
		scales[at+i] = math.Float32frombits(binary.LittleEndian.Uint32(words[(2*i+1)*wordBytes:]))
	}
	for first := 0; first < k.Size; first, panels = first+PanelColumns, panels[valuePanel:] {
		columns := min(PanelColumns, k.Size-first)
		for i := 0; i < n; {
			quad := panels[(at+i)/4*4*PanelColumns:][:4*PanelColumns]
			if (at+i)%4 > 0 || i+4 > n {
				for d, v := range q[i*padded+first:][:columns] {
					quad[4*d+(at+i)%4] = v ^ unsigned&0xff
				}
				i++
				continue
			}
			q0, q1, q2, q3 := q[i*padded+first:][:columns], q[(i+1)*padded+first:][:columns], q[(i+2)*padded+first:][:columns], q[(i+3)*padded+first:][:columns]
			for d := range q0 {
				four := uint32(q0[d]) | uint32(q1[d])<<8 | uint32(q2[d])<<16 | uint32(q3[d])<<24
				binary.LittleEndian.PutUint32(quad[4*d:], four^unsigned)
			}
			i += 4
		}
	}
}

// fetchOpenInt8 is fetchOpen for blocks of int8.
func (b *Backend) fetchOpenInt8(a *Attention, h int) {
	block, open := a.Past/BlockPositionsInt8, a.Past%BlockPositionsInt8
	if open == 0 {
		return
	}
	b.Fetch(floats(bytes(a.Keys[block])[h*a.keysInt8():][:PanelCount(open+1)*a.keyPanel()]))
	panels, scales := a.valuesOf(a.Values[block], h)
	for ; len(panels) > 0; panels = panels[valuePanel:] {
		b.Fetch(floats(panels[:(depthInt8(open+1)+float32Bytes)*PanelColumns]))
	}
	b.Fetch(scales[:open+1])
}

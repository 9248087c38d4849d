package tiles

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	mostPanels = 4  // that a kernel of weights of 8 bits goes through
	chunk      = 12 // trips, whose activations stay in the first cache beside the sums of all panels
)

// A dot8 is the kernel of weights of 8 bits that is being emitted, of so many tiles of rows.
type dot8 struct {
	tall              int
	sums              Mem           // where those of the first panel are
	left, trips       Mem           // trips of all chunks, and of one
	first             Mem           // where a chunk's weights are in the first panel
	panel, panels     reg.GPVirtual // where they are in one; how many are left
	result, unfetched Mem           // where a panel's results go; rows whose are to be fetched
}

// Dot8 emits the kernel of weights of 8 bits for that many tiles of rows, the last of which may have fewer.
// Chunk by chunk of their inputs, rows meet all panels, whose weights pass the first cache by. The sums,
// [panels][rows][32]int32, are made results in the end.
func Dot8(tall int) {
	d := dot8{tall: tall, panel: GP64(), panels: GP64()}
	TEXT(fmt.Sprintf("dot8x%d", tall*rows), 0, "func(out *float32, ldo int, a, starts *byte, lda int, w *byte, trips, rows, panels int, bias *float32, add bool, result *float32, ldr int, ahead, end *byte, step int, shapes *byte)")
	Doc(fmt.Sprintf("dot8x%d is Dot8 for at most that many rows, and more than %d.", tall*rows, (tall-1)*rows))
	Pragma("noescape")
	for _, m := range []*Mem{&d.sums, &d.left, &d.trips, &d.first, &d.result, &d.unfetched} {
		*m = AllocLocal(8)
	}
	Configure(load("shapes", activations[0]))
	load("lda", lda)
	MOVQ(U64(line), lines)
	LEAQ(AllocLocal(mostPanels*tall*block+half), sums)
	ADDQ(U8(half-1), sums)
	ANDQ(I8(-half), sums)
	MOVQ(sums, d.sums)
	MOVQ(param("trips"), d.left)
	MOVQ(param("w"), d.first)
	Label("chunk")
	d.begin()
	Label("panel")
	d.products()
	ADDQ(U32(tall*block), sums)
	ADDQ(panelBytes(), d.panel)
	DECQ(d.panels)
	JNZ(LabelRef("panel"))
	d.end()
	Release()
	d.finish()
	VZEROUPPER()
	RET()
}

// panelBytes emits the length of a panel.
func panelBytes() reg.GPVirtual {
	n := param("trips")
	IMUL3Q(I32(inputs/4*line), n, n)
	ADDQ(U32(line), n)
	return n
}

// begin emits the beginning of a chunk.
func (d *dot8) begin() {
	n, left := GP64(), GP64()
	MOVQ(U64(chunk), n)
	MOVQ(d.left, left)
	CMPQ(left, n)
	CMOVQLT(left, n)
	MOVQ(n, d.trips)
	SUBQ(n, left)
	MOVQ(left, d.left)
	MOVQ(d.sums, sums)
	MOVQ(d.first, d.panel)
	Load(Param("panels"), d.panels)
}

// end emits the end of a chunk, and the way to the next one.
func (d *dot8) end() {
	n, a := GP64(), param("a")
	MOVQ(d.trips, n)
	SHLQ(U8(6), n)
	ADDQ(n, a)
	set("a", a)
	SHLQ(U8(5), n)
	ADDQ(n, d.first)
	CMPQ(d.left, U8(0))
	JNE(LabelRef("chunk"))
}

// products emits those of a chunk with a panel.
func (d *dot8) products() {
	const a, w = 4, 6 // tiles
	rest, result := GP64(), param("result")
	MOVQ(result, d.result)
	ADDQ(U32(line), result)
	XORQ(rest, rest)
	CMPQ(d.left, U8(0))
	JNE(LabelRef("not_yet"))
	set("result", result)
	Load(Param("rows"), rest)
	Label("not_yet")
	MOVQ(rest, d.unfetched)

	sumsOf := func(do func(t Tile, at int)) {
		for t := range 2 * d.tall {
			do(Tile(t), t/2*block+t%2*half)
		}
	}
	first := GP64()
	MOVQ(d.first, first)
	CMPQ(first, param("w"))
	JEQ(LabelRef("zeros"))
	sumsOf(func(t Tile, at int) { LoadTile(t, sums, lines, at) })
	JMP(LabelRef("begun"))
	Label("zeros")
	sumsOf(func(t Tile, _ int) { Zero(t) })
	Label("begun")

	MOVQ(d.panel, weights)
	pointRows(d.tall)
	trips := GP64()
	MOVQ(d.trips, trips)
	Label("trip")
	LoadTileOnce(w, weights, lines, 0)
	for i := range d.tall {
		LoadTile(Tile(a+i), activations[i], lda, 0)
		for j := range 2 {
			if i == 0 && j == 1 {
				LoadTileOnce(w+1, weights, lines, half)
			}
			Multiply(Tile(2*i+j), Tile(a+i), Tile(w+j))
			d.fetch(fmt.Sprintf("%d%d", i, j))
		}
		ADDQ(U8(inputs), activations[i])
	}
	ADDQ(U32(inputs/4*line), weights)
	DECQ(trips)
	JNZ(LabelRef("trip"))
	sumsOf(func(t Tile, at int) { StoreTile(t, sums, lines, at) })
}

// fetch emits the fetching of where a row's results go, and of a step of what is ahead.
func (d *dot8) fetch(name string) {
	result := GP64()
	DECQ(d.unfetched)
	JLT(LabelRef("fetched" + name))
	MOVQ(d.result, result)
	PREFETCHT0(Mem{Base: result})
	PREFETCHT0(Mem{Base: result, Disp: half})
	ADDQ(param("ldr"), result)
	MOVQ(result, d.result)
	Label("fetched" + name)
	ahead, end, most := param("ahead"), param("step"), param("end")
	ADDQ(ahead, end)
	CMPQ(most, end)
	CMOVQLT(most, end)
	CMPQ(ahead, end)
	JGE(LabelRef("done" + name))
	Label("ahead" + name)
	PREFETCHT2(Mem{Base: ahead})
	ADDQ(U8(half), ahead)
	CMPQ(ahead, end)
	JLT(LabelRef("ahead" + name))
	set("ahead", ahead)
	Label("done" + name)
}

// finish emits the results: for each row of each panel the sums, from the row's start on, times its scale and the outputs',
// the bias, and what is in out, where these are to be added.
func (d *dot8) finish() {
	out, row, n, at, scalesAt, bias := GP64(), GP64(), GP64(), GP64(), GP64(), param("bias")
	add := Load(Param("add"), GP8())
	var scales, biases, totals [2]reg.VecVirtual
	start := ZMM()
	each := func(do func(j int)) {
		for j := range 2 {
			do(j)
		}
	}
	each(func(j int) { scales[j], biases[j], totals[j] = ZMM(), ZMM(), ZMM() })
	MOVQ(d.sums, sums)
	Load(Param("w"), scalesAt)
	SUBQ(U8(line), scalesAt)
	Label("outputs")
	ADDQ(panelBytes(), scalesAt)
	each(func(j int) { VMOVUPS(Mem{Base: scalesAt, Disp: j * half}, scales[j]) })
	TESTQ(bias, bias)
	JZ(LabelRef("no_bias"))
	each(func(j int) { VMOVUPS(Mem{Base: bias, Disp: j * half}, biases[j]) })
	ADDQ(U32(line), bias)
	Label("no_bias")
	Load(Param("out"), out)
	Load(Param("starts"), row)
	Load(Param("rows"), n)
	MOVQ(sums, at)
	Label("result")
	VPBROADCASTD(Mem{Base: row}, start)
	each(func(j int) { VPADDD(Mem{Base: at, Disp: j * half}, start, totals[j]) })
	each(func(j int) { VCVTDQ2PS(totals[j], totals[j]) })
	each(func(j int) { VMULPS_BCST(Mem{Base: row, Disp: word}, totals[j], totals[j]) })
	each(func(j int) { VMULPS(scales[j], totals[j], totals[j]) })
	TESTQ(bias, bias)
	JZ(LabelRef("unbiased"))
	each(func(j int) { VADDPS(biases[j], totals[j], totals[j]) })
	Label("unbiased")
	TESTB(add, add)
	JZ(LabelRef("alone"))
	each(func(j int) { VADDPS(Mem{Base: out, Disp: j * half}, totals[j], totals[j]) })
	Label("alone")
	each(func(j int) { VMOVUPS(totals[j], Mem{Base: out, Disp: j * half}) })
	ADDQ(param("ldo"), out)
	ADDQ(lda, row)
	ADDQ(U32(line), at)
	DECQ(n)
	JNZ(LabelRef("result"))
	ADDQ(U32(d.tall*block), sums)
	next := param("out")
	ADDQ(U32(line), next)
	set("out", next)
	panels := param("panels")
	DECQ(panels)
	set("panels", panels)
	JNZ(LabelRef("outputs"))
}

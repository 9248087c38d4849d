package tiles

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A dot4 is the kernel of weights of 4 bits, which Widen has made bytes, that is being emitted, of so many tiles of rows.
// While tiles multiply a group, the sums of the one before it are scaled, some rows behind each product.
type dot4 struct {
	tall        int
	group       reg.GPVirtual // where its start and scale are in the first row
	left, trips reg.GPVirtual // trips of all groups, and of one
	scaled                    // of the group before it
}

// scaled are the rows of a group's sums that are to be added to the totals.
type scaled struct {
	left, row, at reg.GPVirtual     // rows; where the group's start and scale are, and its sums
	last          Mem               // of the first, in the last row
	weights       [2]reg.VecVirtual // scales of the group's outputs
}

// together is the rows that are scaled behind a product, so that all of them are when a group of 64 inputs is.
const together = 8

// Dot4 emits the kernel of weights of 4 bits for that many tiles of rows, the last of which may have fewer.
func Dot4(tall int) {
	d := dot4{tall: tall, group: GP64(), left: GP64(), trips: GP64()}
	d.scaled = scaled{left: GP64(), row: GP64(), at: GP64(), weights: [2]reg.VecVirtual{ZMM(), ZMM()}}
	name := fmt.Sprintf("dot4x%d", tall*rows)
	TEXT(name, 0, "func(out *float32, ldo int, a, starts *byte, lda int, w *byte, trips, group, rows, blocks int, bias *float32, add bool, result *float32, ldr int, ahead *byte, step int, shapes *byte)")
	Doc(fmt.Sprintf("%s is Dot4 for so many blocks of at most that many rows, and more than %d.", name, (tall-1)*rows))
	Pragma("noescape")
	d.last = AllocLocal(8)
	LEAQ(AllocLocal(2*tall*block+half), sums)
	ADDQ(U8(half-1), sums)
	ANDQ(I8(-half), sums)
	Configure(load("shapes", activations[0]))
	load("lda", lda)
	MOVQ(U64(line), lines)
	Label("block")
	d.fetch()
	load("w", weights)
	Load(Param("trips"), d.left)
	pointRows(tall)
	Load(Param("starts"), d.group)
	XORQ(d.scaled.left, d.scaled.left)
	d.clear()
	Label("group")
	d.begin()
	Label("trip")
	d.trip()
	DECQ(d.trips)
	JNZ(LabelRef("trip"))
	d.rest("before")
	d.end()
	TESTQ(d.left, d.left)
	JNZ(LabelRef("group"))
	d.rest("last")
	d.finish()
	blocks := param("blocks")
	DECQ(blocks)
	set("blocks", blocks)
	JNZ(LabelRef("block"))
	Release()
	VZEROUPPER()
	RET()
}

// fetch emits the fetching of where a block's results go, which is then there when they are.
func (d *dot4) fetch() {
	result, ldr, n := param("result"), param("ldr"), param("rows")
	Label("result_row")
	PREFETCHT0(Mem{Base: result})
	PREFETCHT0(Mem{Base: result, Disp: half})
	ADDQ(ldr, result)
	DECQ(n)
	JNZ(LabelRef("result_row"))
	set("result", result)
}

// clear emits the zeros that totals begin with.
func (d *dot4) clear() {
	zero, n, at := ZMM(), param("rows"), GP64()
	VPXORD(zero, zero, zero)
	MOVQ(sums, at)
	Label("clear")
	for j := range 2 {
		VMOVUPS(zero, Mem{Base: at, Disp: d.tall*block + j*half})
	}
	ADDQ(U32(line), at)
	DECQ(n)
	JNZ(LabelRef("clear"))
}

// begin emits the beginning of a group.
func (d *dot4) begin() {
	Load(Param("group"), d.trips)
	CMPQ(d.left, d.trips)
	CMOVQLT(d.left, d.trips)
	SUBQ(d.trips, d.left)
	for t := range 2 * d.tall {
		Zero(Tile(t))
	}
}

// trip emits the products of a tile's inputs, and the fetching of a step of what is ahead.
func (d *dot4) trip() {
	const a, w = 4, 6 // tiles
	LoadTile(w, weights, lines, 0)
	for i := range d.tall {
		LoadTile(Tile(a+i), activations[i], lda, 0)
		for j := range 2 {
			if i == 0 && j == 1 {
				LoadTile(w+1, weights, lines, half)
			}
			Multiply(Tile(2*i+j), Tile(a+i), Tile(w+j))
			d.ahead(fmt.Sprintf("%d%d", i, j))
			skip := fmt.Sprintf("scaled%d%d", i, j)
			TESTQ(d.scaled.left, d.scaled.left)
			JLE(LabelRef(skip))
			d.scale()
			Label(skip)
		}
		ADDQ(U8(inputs), activations[i])
	}
	ADDQ(U32(inputs/4*line), weights)
}

// ahead emits the fetching of a step of what is ahead.
func (d *dot4) ahead(name string) {
	ahead, step := param("ahead"), param("step")
	Label("fetch" + name)
	SUBQ(U8(half), step)
	JLT(LabelRef("fetched" + name))
	PREFETCHT2(Mem{Base: ahead})
	ADDQ(U8(half), ahead)
	JMP(LabelRef("fetch" + name))
	Label("fetched" + name)
	set("ahead", ahead)
}

// end emits the end of a group, whose sums are to be scaled then.
func (d *dot4) end() {
	s := &d.scaled
	for t := range 2 * d.tall {
		StoreTile(Tile(t), sums, lines, t/2*block+t%2*half)
	}
	MOVQ(d.group, s.row)
	MOVQ(sums, s.at)
	for j, v := range s.weights {
		VMOVUPS(Mem{Base: weights, Disp: j * half}, v)
	}
	ADDQ(U32(line), weights)
	Load(Param("rows"), s.left)
	last := GP64()
	LEAQ(Mem{Base: s.left, Disp: -1}, last)
	IMULQ(lda, last)
	ADDQ(s.row, last)
	MOVQ(last, s.last)
	ADDQ(U8(2*word), d.group)
}

// scale emits the adding of some rows of sums, from their start on, times their scales to the totals. Those
// beyond the last row have its scale, and are nobody's.
func (d *dot4) scale() {
	s := &d.scaled
	for i := range together {
		start := ZMM()
		VPBROADCASTD(Mem{Base: s.row}, start)
		for j := range 2 {
			at := i*line + j*half
			sum, total, totals := ZMM(), ZMM(), Mem{Base: s.at, Disp: d.tall*block + at}
			VMOVUPS(totals, total)
			VPADDD(Mem{Base: s.at, Disp: at}, start, sum)
			VCVTDQ2PS(sum, sum)
			VMULPS(s.weights[j], sum, sum)
			VFMADD231PS_BCST(Mem{Base: s.row, Disp: word}, sum, total)
			VMOVUPS(total, totals)
		}
		ADDQ(lda, s.row)
		CMPQ(s.row, s.last)
		CMOVQGT(s.last, s.row)
	}
	ADDQ(U32(together*line), s.at)
	SUBQ(U8(together), s.left)
}

// rest emits the scaling of the rows that are left.
func (d *dot4) rest(name string) {
	TESTQ(d.scaled.left, d.scaled.left)
	JLE(LabelRef(name + "_done"))
	Label(name)
	d.scale()
	JG(LabelRef(name))
	Label(name + "_done")
}

// finish emits the results: the totals, the bias, and what is in out, where these are to be added.
func (d *dot4) finish() {
	out, ldo, bias, add, n, at := param("out"), param("ldo"), param("bias"), Load(Param("add"), GP8()), param("rows"), GP64()
	MOVQ(sums, at)
	var biases, totals [2]reg.VecVirtual
	for j := range 2 {
		biases[j], totals[j] = ZMM(), ZMM()
	}
	each := func(do func(j int)) {
		for j := range 2 {
			do(j)
		}
	}
	TESTQ(bias, bias)
	JZ(LabelRef("result"))
	each(func(j int) { VMOVUPS(Mem{Base: bias, Disp: j * half}, biases[j]) })
	Label("result")
	each(func(j int) { VMOVUPS(Mem{Base: at, Disp: d.tall*block + j*half}, totals[j]) })
	TESTQ(bias, bias)
	JZ(LabelRef("unbiased"))
	each(func(j int) { VADDPS(biases[j], totals[j], totals[j]) })
	Label("unbiased")
	TESTB(add, add)
	JZ(LabelRef("alone"))
	each(func(j int) { VADDPS(Mem{Base: out, Disp: j * half}, totals[j], totals[j]) })
	Label("alone")
	each(func(j int) { VMOVUPS(totals[j], Mem{Base: out, Disp: j * half}) })
	ADDQ(ldo, out)
	ADDQ(U32(line), at)
	DECQ(n)
	JNZ(LabelRef("result"))
	set("out", out)
	block := param("rows")
	IMULQ(lda, block)
	for _, name := range []string{"a", "starts"} {
		at := param(name)
		ADDQ(block, at)
		set(name, at)
	}
}

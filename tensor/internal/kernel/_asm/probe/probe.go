// Package probe emits the loops that measure what a processor can do, at any vector width.
package probe

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Width is that of a vector register.
type Width struct {
	Bytes    int
	Register func() reg.VecVirtual
}

// Sums is the number of vectors of sums: with two pipes and a latency of up to five cycles ten
// keep them busy, and twelve leave room in 16 registers for the operands.
const Sums = 12

// FMA emits ProbeFMA.
func FMA(w Width) {
	lanes := w.Bytes / 4
	TEXT("ProbeFMA", NOSPLIT, "func(sums, x, y []float32, n int) (operations int64)")
	Doc(
		fmt.Sprintf("ProbeFMA is, with %d sums and %d elements of x and of y,", Sums*lanes, lanes),
		"",
		"	for range n {",
		"		for i := range sums {",
		fmt.Sprintf("			sums[i] = fma(x[i%%%d], y[i%%%d], sums[i])", lanes, lanes),
		"			operations += 2",
		"		}",
		"	}",
	)
	Accumulate(w, 2*lanes, func(x, y, sum reg.VecVirtual) { VFMADD231PS(y, x, sum) })
}

// Dot begins a function of that name; Accumulate is the rest of it. The remark ends its comment.
func Dot(name string, w Width, remark ...string) {
	lanes := w.Bytes / 4
	TEXT(name, NOSPLIT, "func(sums []int32, x []uint8, y []int8, n int) (operations int64)")
	Doc(append([]string{
		fmt.Sprintf("%s is, with %d sums and %d elements of x and of y,", name, Sums*lanes, w.Bytes),
		"",
		"	for range n {",
		"		for i := range sums {",
		"			for j := 4 * i; j < 4*i+4; j++ {",
		fmt.Sprintf("				sums[i] += int32(x[j%%%d]) * int32(y[j%%%d])", w.Bytes, w.Bytes),
		"				operations += 2",
		"			}",
		"		}",
		"	}",
	}, remark...)...)
}

// Accumulate emits the loop of n trips around step, which it applies to every vector of sums and
// which does so many operations. Their count grows in the loop, so it is of the trips made.
func Accumulate(w Width, operations int, step func(x, y, sum reg.VecVirtual)) {
	Pragma("noescape")
	x, y := w.Register(), w.Register()
	VMOVUPS(Mem{Base: Load(Param("x").Base(), GP64())}, x)
	VMOVUPS(Mem{Base: Load(Param("y").Base(), GP64())}, y)
	memory := Mem{Base: Load(Param("sums").Base(), GP64())}
	var sums [Sums]reg.VecVirtual
	for i := range sums {
		sums[i] = w.Register()
		VMOVUPS(memory.Offset(i*w.Bytes), sums[i])
	}
	n, done := Load(Param("n"), GP64()), GP64()
	XORQ(done, done)
	TESTQ(n, n)
	JLE(LabelRef("end"))
	Label("trip")
	for _, sum := range sums {
		step(x, y, sum)
	}
	ADDQ(U32(Sums*operations), done)
	DECQ(n)
	JNZ(LabelRef("trip"))
	Label("end")
	for i, sum := range sums {
		VMOVUPS(sum, memory.Offset(i*w.Bytes))
	}
	VZEROUPPER()
	Store(done, Return("operations"))
	RET()
}

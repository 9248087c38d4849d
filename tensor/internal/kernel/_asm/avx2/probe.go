package main

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/_asm/probe"
)

// probeDot emits ProbeDot without the dot product instruction, which processors with AVX2 alone lack.
func probeDot(w probe.Width) {
	probe.Dot("ProbeDot", w, "", "where no sum of two adjoining products leaves the range of int16: it would saturate.")
	ones := w.Register()
	VPCMPEQW(ones, ones, ones)
	VPSRLW(U8(15), ones, ones)
	probe.Accumulate(w, 2*w.Bytes, func(x, y, sum reg.VecVirtual) {
		pairs := w.Register()
		VPMADDUBSW(y, x, pairs)
		VPMADDWD(ones, pairs, pairs)
		VPADDD(pairs, sum, sum)
	})
}

// read emits ProbeRead. Several streams keep more of the processor's prefetchers at work than
// one, whose prefetching ends with each page.
func read(w probe.Width) {
	const streams, loads = 4, 4
	step := uint(loads * w.Bytes) // bytes of one stream in a trip
	trip := streams * step
	TEXT("ProbeRead", NOSPLIT, "func(words []uint64) (sum uint64, bytes int64)")
	Doc(
		fmt.Sprintf("ProbeRead is, for as many words as fill whole trips of %d bytes,", trip),
		"",
		"	for _, word := range words {",
		"		sum += word",
		"		bytes += 8",
		"	}",
		"",
		"in four streams, a quarter of the words each.",
	)
	Pragma("noescape")
	n := Load(Param("words").Len(), GP64())
	SHRQ(U8(bits.TrailingZeros(trip/8)), n) // trips
	quarter := GP64()
	MOVQ(n, quarter)
	SHLQ(U8(bits.TrailingZeros(step)), quarter)
	var at [streams]reg.Register
	var sums [streams]reg.VecVirtual
	for i := range at {
		at[i] = GP64()
		if i == 0 {
			Load(Param("words").Base(), at[i])
		} else {
			LEAQ(Mem{Base: at[i-1], Index: quarter, Scale: 1}, at[i])
		}
		sums[i] = w.Register()
		VPXOR(sums[i], sums[i], sums[i])
	}
	bytes := GP64()
	XORQ(bytes, bytes)
	TESTQ(n, n)
	JZ(LabelRef("end"))
	Label("trip")
	for j := range loads {
		for i := range at {
			VPADDQ(Mem{Base: at[i], Disp: j * w.Bytes}, sums[i], sums[i])
		}
	}
	for i := range at {
		ADDQ(U32(step), at[i])
	}
	ADDQ(U32(trip), bytes)
	DECQ(n)
	JNZ(LabelRef("trip"))
	Label("end")
	VPADDQ(sums[1], sums[0], sums[0])
	VPADDQ(sums[3], sums[2], sums[2])
	VPADDQ(sums[2], sums[0], sums[0])
	high := XMM()
	VEXTRACTI128(U8(1), sums[0], high)
	VPADDQ(high, sums[0].AsX(), sums[0].AsX())
	VPSRLDQ(U8(8), sums[0].AsX(), high)
	VPADDQ(high, sums[0].AsX(), sums[0].AsX())
	sum := GP64()
	VMOVQ(sums[0].AsX(), sum)
	VZEROUPPER()
	Store(sum, Return("sum"))
	Store(bytes, Return("bytes"))
	RET()
}

package kernel

import "github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"

// A Probe is a loop that drives one limit of the machine and counts what it did.
type Probe struct {
	Limit  string // "f32": multiply-adds of float32; "int8": of int8, summed in int32; "read": memory
	Kernel string // the instructions used: "amx", "avx512", "avx512vl" (256 bits wide), "avx2" or "pure"
	Unit   string // of a rate: "FLOP/s", "op/s" (a multiply-add is two of either) or "B/s"

	// Begin prepares one worker, on that worker. Its chunk, to be called again and again, does
	// some microseconds of work and returns how much; release frees its memory. Only "read" needs
	// stream: the length in bytes of the worker's own memory, a multiple of ReadChunk.
	Begin func(stream int) (chunk func() int64, release func())
}

// Name is the limit and the kernel, "f32_avx512".
func (p Probe) Name() string { return p.Limit + "_" + p.Kernel }

// Probes lists what this processor can run, for each limit the widest registers first.
func Probes() []Probe {
	return append(assemblyProbes(),
		f32Probe("pure", 1, pure.ProbeLanes, pure.ProbeFMA),
		int8Probe("pure", pure.ProbeDotLanes/4, pure.ProbeDotLanes, chunkOperations, pure.ProbeDot),
		readProbe("pure", pure.ProbeRead))
}

// ReadChunk is the length in bytes of what "read" reads between two looks at the clock.
const ReadChunk = 1 << 20

// chunkOperations, at most, are in a chunk: 0.04 ms of the fastest instructions, some
// milliseconds of Go. A look at the clock costs less than a thousandth of either.
const chunkOperations = 16 << 20

// f32Probe has so many vectors of sums. No sum passes chunkOperations, so all stay normal numbers.
func f32Probe(kernel string, vectors, lanes int, run func(sums, x, y []float32, n int) int64) Probe {
	return Probe{"f32", kernel, "FLOP/s", func(int) (chunk func() int64, release func()) {
		sums, x, y := make([]float32, vectors*lanes), make([]float32, lanes), make([]float32, lanes)
		for i := range lanes {
			x[i] = float32(lanes+i) / float32(2*lanes)
			y[i] = float32(2*lanes-i) / float32(2*lanes)
		}
		n := chunkOperations / (multiplyAdd * len(sums))
		return func() int64 {
			clear(sums)
			return run(sums, x, y, n)
		}, func() {}
	}}
}

// int8Probe has so many sums, of operands of that length, and so many operations in a chunk.
func int8Probe(kernel string, results, length, operations int, run func(sums []int32, x []uint8, y []int8, n int) int64) Probe {
	return Probe{"int8", kernel, "op/s", func(int) (chunk func() int64, release func()) {
		sums, x, y := make([]int32, results), make([]uint8, length), make([]int8, length)
		for i := range length {
			x[i] = uint8(2*i + 1)
			y[i] = int8(length/2 - i)
		}
		n := operations / int(run(sums, x, y, 1))
		return func() int64 { return run(sums, x, y, n) }, func() {}
	}}
}

// readProbe reads memory that no other worker reads, and writes it first, so that it lies near.
func readProbe(kernel string, read func(words []uint64) (sum uint64, bytes int64)) Probe {
	return Probe{"read", kernel, "B/s", func(stream int) (chunk func() int64, release func()) {
		words, release := newStream(stream)
		for i := range words {
			words[i] = uint64(i)
		}
		next := 0
		return func() int64 {
			at := next
			next = (next + ReadChunk/8) % len(words)
			_, bytes := read(words[at : at+ReadChunk/8])
			return bytes
		}, release
	}}
}

package kernel_test

import (
	"testing"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/pure"
)

// The parameters of a probe's loop; avx2.ProbeFMA and its like say what they mean.
type (
	fmaProbe  func(sums, x, y []float32, n int) (operations int64)
	dotProbe  func(sums []int32, x []uint8, y []int8, n int) (operations int64)
	readProbe func(words []uint64) (sum uint64, bytes int64)
)

// trips are the numbers of trips that a probe's loop is tested with.
var trips = []int{0, 1, 2, 3, 100, 1001}

func TestPureProbes(t *testing.T) {
	testFMA(t, pure.ProbeFMA, 1, pure.ProbeLanes)
	testDot(t, pure.ProbeDot, 1, pure.ProbeDotLanes)
	testRead(t, pure.ProbeRead, 4)
}

// testFMA holds a probe to its loop: values with few bits, so that no sum is rounded.
func testFMA(t *testing.T, probe fmaProbe, vectors, lanes int) {
	t.Helper()
	for _, n := range trips {
		sums, check := guardedWords[float32](vectors * lanes)
		want := make([]float32, len(sums))
		x, y := make([]float32, lanes), make([]float32, lanes)
		for i := range lanes {
			x[i], y[i] = float32(i-3)/8, float32(2*i+1)/4
		}
		for i := range sums {
			sums[i], want[i] = float32(i), float32(i)
		}
		var count int64
		for range n {
			for i := range want {
				want[i] += x[i%lanes] * y[i%lanes]
				count += 2
			}
		}
		got := probe(sums, x, y, n)
		check(t)
		expect(t, n, sums, want, got, count)
	}
}

func testDot(t *testing.T, probe dotProbe, vectors, lanes int) {
	t.Helper()
	for _, n := range trips {
		sums, check := guardedWords[int32](vectors * lanes / 4)
		want := make([]int32, len(sums))
		x, y := make([]uint8, lanes), make([]int8, lanes)
		for i := range lanes {
			// From end to end of both ranges, in pairs whose sums int16 holds.
			x[i], y[i] = uint8(255-255*i/(lanes-1)), int8(i-lanes/2)
		}
		x[0], y[0], x[1], y[1] = 255, -128, 1, -128
		x[2], y[2], x[3], y[3] = 255, 127, 2, 127
		for i := range sums {
			sums[i], want[i] = int32(-1000*i), int32(-1000*i)
		}
		var count int64
		for range n {
			for i := range want {
				for j := 4 * i; j < 4*i+4; j++ {
					want[i] += int32(x[j%lanes]) * int32(y[j%lanes])
					count += 2
				}
			}
		}
		got := probe(sums, x, y, n)
		check(t)
		expect(t, n, sums, want, got, count)
	}
}

func expect[T comparable](t *testing.T, n int, sums, want []T, count, wantCount int64) {
	t.Helper()
	for i := range want {
		if sums[i] != want[i] {
			t.Fatalf("after %d trips sum %d is %v, want %v", n, i, sums[i], want[i])
		}
	}
	if count != wantCount {
		t.Errorf("%d trips counted as %d operations, want %d", n, count, wantCount)
	}
}

// testRead holds a probe to its loop at lengths around its trips of so many words.
func testRead(t *testing.T, probe readProbe, trip int) {
	t.Helper()
	for _, n := range trips {
		for _, rest := range []int{0, 1, trip - 1} {
			words := make([]uint64, n*trip+rest)
			var want uint64
			for i := range words {
				words[i] = uint64(i+1) * 0x9e3779b97f4a7c15
				if i < n*trip {
					want += words[i]
				}
			}
			sum, bytes := probe(words)
			if sum != want || bytes != int64(8*n*trip) {
				t.Errorf("%d words: sum %#x of %d bytes, want %#x of %d", len(words), sum, bytes, want, 8*n*trip)
			}
		}
	}
}

// guardedWords is a buffer of n elements between others, which check finds changed if a probe
// wrote there.
func guardedWords[T float32 | int32](n int) (x []T, check func(t *testing.T)) {
	const words, guard = 64, 77
	all := make([]T, n+2*words)
	for i := range all {
		all[i] = guard
	}
	return all[words : words+n : words+n], func(t *testing.T) {
		t.Helper()
		for i, v := range all {
			if (i < words || i >= words+n) && v != guard {
				t.Fatalf("word %d of a buffer of %d was written", i-words, n)
			}
		}
	}
}

// TestChunks: a chunk of every probe counts the same each time, as much as its loop can do in
// whole trips, and the probes' names differ.
func TestChunks(t *testing.T) {
	names := map[string]bool{}
	for _, p := range kernel.Probes() {
		if names[p.Name()] {
			t.Errorf("two probes are called %s", p.Name())
		}
		names[p.Name()] = true
		most, least := int64(16<<20), int64(16<<20-16<<10)
		switch {
		case p.Kernel == "amx":
			most, least = 16*most, 16*least
		case p.Limit == "read":
			most, least = kernel.ReadChunk, kernel.ReadChunk
		}
		chunk, release := p.Begin(3 * kernel.ReadChunk)
		first := chunk()
		if first > most || first < least {
			t.Errorf("a chunk of %s is %d, want %d to %d", p.Name(), first, least, most)
		}
		for range 7 { // more than once through the stream
			if n := chunk(); n != first {
				t.Errorf("a chunk of %s is %d, then %d", p.Name(), first, n)
			}
		}
		release()
	}
}

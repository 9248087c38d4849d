package tensor

import (
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// A Probe is a loop that drives one limit of the machine and counts what it did. Its Name is the
// limit and the kernel: "f32_avx512".
type Probe = kernel.Probe

// Probes lists what this processor can run, for each limit the widest registers first.
func Probes() []Probe { return kernel.Probes() }

// Measure runs the probe on all workers at once for about d, after one chunk each to warm up, and
// returns what they did in a second, in the probe's Unit. The clock stops when the slowest worker
// is done. Like an operator, it has the pool to itself.
func (p *Pool) Measure(probe Probe, d time.Duration) (perSecond float64) {
	measure, release := p.Prepare(probe)
	defer release()
	return measure(d)
}

// Prepare is Measure for who measures again and again: what the probe reads is made once, and
// stays until release.
func (p *Pool) Prepare(probe Probe) (measure func(d time.Duration) (perSecond float64), release func()) {
	chunks, release := p.begin(probe)
	return func(d time.Duration) float64 { return p.run(chunks, d) }, release
}

// begin prepares each worker's chunk; release frees what they hold.
func (p *Pool) begin(probe Probe) (chunks []func() int64, release func()) {
	n := p.Workers()
	stream := ReadStream(n) / n
	chunks, releases := make([]func() int64, n), make([]func(), n)
	p.split(n, 1, func(w, _, _ int) {
		chunks[w], releases[w] = probe.Begin(stream)
		chunks[w]()
	})
	return chunks, func() {
		for _, release := range releases {
			release()
		}
	}
}

// run has each worker repeat its chunk until d is over.
func (p *Pool) run(chunks []func() int64, d time.Duration) (perSecond float64) {
	work := make([]int64, len(chunks))
	start := time.Now()
	p.split(len(chunks), 1, func(w, _, _ int) {
		var sum int64
		for more := true; more; more = time.Since(start) < d {
			sum += chunks[w]()
		}
		work[w] = sum
	})
	seconds := time.Since(start).Seconds()
	var sum int64
	for _, n := range work {
		sum += n
	}
	return float64(sum) / seconds
}

// ReadStream is the memory in bytes that the workers read, each a part of its own, when a probe
// of reading is measured: more than any cache keeps.
func ReadStream(workers int) int {
	cache := max(0, cpuid.CPU.Cache.L3) // -1 where it is unknown
	// A processor of many cores has several caches of that size. Half of one for each worker is
	// four times what it can keep of its own where eight cores share one.
	part := max(4*cache/workers, 256<<20/workers, cache/2)
	return workers * ((part + kernel.ReadChunk - 1) / kernel.ReadChunk * kernel.ReadChunk)
}

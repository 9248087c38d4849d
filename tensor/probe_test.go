package tensor

import (
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// TestMeasure: every probe of this machine gives a rate, whatever the number of workers.
func TestMeasure(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		p := NewPool(workers)
		defer p.Close()
		for _, probe := range Probes() {
			rate := p.Measure(probe, time.Millisecond)
			if !(rate > 0) || math.IsInf(rate, 0) {
				t.Errorf("%s with %d workers: %v %s", probe.Name(), workers, rate, probe.Unit)
			}
		}
	}
}

// TestMeasureSums: the rate is the work of all workers, without the warm-up, over the time until
// the last is done, and every worker's memory is freed.
func TestMeasureSums(t *testing.T) {
	const d = 5 * time.Millisecond
	for _, workers := range []int{1, 2, 5} {
		p := NewPool(workers)
		defer p.Close()
		var begun, released, total atomic.Int64
		probe := Probe{Begin: func(stream int) (func() int64, func()) {
			worker := begun.Add(1)
			if want := ReadStream(workers) / workers; stream != want {
				t.Errorf("a worker of %d got a stream of %d bytes, want %d", workers, stream, want)
			}
			warm := false
			return func() int64 {
				time.Sleep(time.Duration(worker) * time.Millisecond)
				if warm {
					total.Add(worker)
				}
				warm = true
				return worker
			}, func() { released.Add(1) }
		}}
		start := time.Now()
		rate := p.Measure(probe, d)
		outer := time.Since(start)
		if most := float64(total.Load()) / d.Seconds(); rate > most {
			t.Errorf("%d workers did %d in at least %v, a rate of %v is too high", workers, total.Load(), d, rate)
		}
		if least := float64(total.Load()) / outer.Seconds(); rate < least {
			t.Errorf("%d workers did %d in at most %v, a rate of %v is too low", workers, total.Load(), outer, rate)
		}
		if begun.Load() != int64(workers) || released.Load() != int64(workers) {
			t.Errorf("of %d workers %d began and %d were released", workers, begun.Load(), released.Load())
		}
	}
}

func TestReadStream(t *testing.T) {
	for workers := 1; workers <= 300; workers++ {
		n := ReadStream(workers)
		if n < 256<<20 || n < 4*cpuid.CPU.Cache.L3 || n/workers < cpuid.CPU.Cache.L3/2 || n%(workers*kernel.ReadChunk) != 0 {
			t.Errorf("%d workers read %d bytes, with a cache of %d", workers, n, cpuid.CPU.Cache.L3)
		}
	}
}

func BenchmarkProbe(b *testing.B) {
	for _, probe := range Probes() {
		for threads := 1; threads <= runtime.GOMAXPROCS(0); threads *= 2 {
			b.Run(fmt.Sprintf("limit=%s/kernel=%s/threads=%d", probe.Limit, probe.Kernel, threads), func(b *testing.B) {
				p := NewPool(threads)
				defer p.Close()
				measure, release := p.Prepare(probe)
				defer release()
				b.ResetTimer()
				b.ReportMetric(measure(time.Duration(b.N)*time.Millisecond), probe.Unit)
				b.ReportMetric(0, "ns/op") // an iteration is a millisecond
			})
		}
	}
}

package benchmarks

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
)

// BenchmarkMeterCost is what the meter costs a decode step of GPT-2 124M: the same step with its
// clocks and books, and without (tensor.Exec.Meter). The two take turns, step by step, so that
// whatever else happens to the machine happens to both; cost-% is the median of the pairs.
func BenchmarkMeterCost(b *testing.B) {
	s := someSweep(b, "synthetic:gpt2")
	s.Threads, s.Kernel = []int{runtime.NumCPU()}, os.Getenv("GPTMETER_KERNEL")
	st, err := s.open()
	if err != nil {
		b.Fatal(err)
	}
	defer st.close()
	m, err := st.load(context.Background(), tensor.F32)
	if err != nil {
		b.Fatal(err)
	}
	x := st.execs[s.Threads[0]]
	r, err := newRig(context.Background(), m, x, Test{Phase: meter.Decode, Tokens: 1000, Batch: 1, DType: tensor.F32, Threads: s.Threads[0]})
	if err != nil {
		b.Fatal(err)
	}
	step := func(on bool) time.Duration {
		if !r.engine.Pending() {
			if _, err := r.submit(); err != nil {
				b.Fatal(err)
			}
		}
		x.Meter(on)
		before := r.engine.Usage()
		if err := r.step(context.Background()); err != nil {
			b.Fatal(err)
		}
		return stepTime(before, r.engine.Usage())
	}
	step(true)
	var with, without, cost []float64
	for i := 0; b.Loop(); i++ {
		first := step(i%2 == 0)
		second := step(i%2 != 0)
		on, off := first.Seconds(), second.Seconds()
		if i%2 != 0 {
			on, off = off, on
		}
		with, without, cost = append(with, on), append(without, off), append(cost, 100*(on/off-1))
	}
	b.ReportMetric(1e9*median(with), "on-ns/token")
	b.ReportMetric(1e9*median(without), "off-ns/token")
	b.ReportMetric(median(cost), "cost-%")
}

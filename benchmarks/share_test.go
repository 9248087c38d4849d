package benchmarks

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/theory"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// BenchmarkShare is how near the steps of GPT-2 come to what the machine could do: after each step
// the probes run for as long as it took, so that both meet the same machine, and the share is the
// median of the pairs. A prompt, and tokens of many sequences, are set beside the peaks of arithmetic
// by their exact products, a token beside the speed of reading by the bytes that were counted.
func BenchmarkShare(b *testing.B) {
	token := []Test{{Phase: meter.Decode, Tokens: 64, Batch: 1}}
	for _, c := range []struct {
		model string
		tests []Test
	}{
		{"gpt2", append(token,
			Test{Phase: meter.Decode, Tokens: 64, Batch: 1, Depth: 900},
			Test{Phase: meter.Decode, Tokens: 32, Batch: 32},
			Test{Phase: meter.Prefill, Tokens: 512, Batch: 1})},
		{"gpt2-medium", token},
		{"gpt2-large", token},
		{"gpt2-xl", token},
	} {
		for _, d := range tensor.DTypes() {
			b.Run(fmt.Sprintf("model=%s/dtype=%v", c.model, d), func(b *testing.B) {
				s := someSweep(b, "synthetic:"+c.model)
				s.Threads, s.Kernel = []int{runtime.NumCPU()}, os.Getenv("GPTMETER_KERNEL")
				st, err := s.open()
				if err != nil {
					b.Fatal(err)
				}
				defer st.close()
				m, err := st.load(context.Background(), d)
				if err != nil {
					b.Fatal(err)
				}
				for _, t := range c.tests {
					t.DType, t.Threads = d, s.Threads[0]
					name := fmt.Sprintf("test=%s/batch=%d/depth=%d", t.Name(), t.Batch, t.Depth)
					b.Run(name, func(b *testing.B) { benchmarkShare(b, st, m, t) })
				}
			})
		}
	}
}

func benchmarkShare(b *testing.B, st *stage, m *model.Model, t Test) {
	r, err := newRig(context.Background(), m, st.execs[t.Threads], t)
	if err != nil {
		b.Fatal(err)
	}
	probe := map[string]func(time.Duration) float64{}
	for _, limit := range []string{"f32", "int8", "read"} {
		measure, release := st.pools[t.Threads].Prepare(fastest(limit))
		defer release()
		probe[limit] = measure
	}
	products := "f32"
	if t.DType.Integer() {
		products = "int8"
	}
	shape := shapeOf(m.Config)
	// atPeak is the time that the step would take at the peaks that are found in d.
	atPeak := func(work tensor.Work, d time.Duration) float64 {
		if t.Phase == meter.Decode && t.Batch == 1 {
			return float64(work.Total().Read) / probe["read"](d)
		}
		p := shape.Causal(int64(t.Tokens), 0, 1)
		if t.Phase == meter.Decode {
			p = theory.Products{Linear: work[tensor.Linear].Products, Attention: work[tensor.Attention].Products, Unembed: work[tensor.Unembed].Products}
		}
		return float64(p.Linear+p.Unembed)/probe[products](d/2) + float64(p.Attention)/probe["f32"](d/2)
	}
	var shares, seconds []float64
	for b.Loop() {
		first := !r.engine.Pending()
		if first {
			if _, err := r.submit(); err != nil {
				b.Fatal(err)
			}
		}
		if first && t.Phase == meter.Decode { // which reads the first tokens
			if err := r.step(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
		before := r.engine.Usage()
		if err := r.step(context.Background()); err != nil {
			b.Fatal(err)
		}
		after := r.engine.Usage()
		took := stepTime(before, after)
		seconds = append(seconds, took.Seconds())
		shares = append(shares, atPeak(after.Work.Since(before.Work), took)/took.Seconds())
	}
	b.ReportMetric(median(shares), "of-peak")
	b.ReportMetric(float64(t.tokens())/float64(t.steps())/median(seconds), "tokens/s")
	b.ReportMetric(1e9*median(seconds), "ns/op")
}

// fastest is the probe of a limit with the widest registers.
func fastest(limit string) tensor.Probe {
	for _, p := range tensor.Probes() {
		if p.Limit == limit {
			return p
		}
	}
	panic("no probe of " + limit)
}

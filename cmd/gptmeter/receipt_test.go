package main

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
)

func result() engine.Result {
	first, each := 0.0231, 0.0049
	r := engine.Result{Usage: engine.TokenUsage{PromptTokens: 5, CompletionTokens: 64, TotalTokens: 69}}
	r.Usage.PromptTokensDetails.CachedTokens = 1
	r.Meter = meter.Report{
		Kernel: "pure", DType: "f32", Threads: 2,
		Prefill:      meter.Leg{Tokens: 4, MachineSeconds: 0.02, Counts: meter.Counts{Flops: 22_200_000, BytesRead: 10_000_000, BytesWritten: 2_000_000}},
		Decode:       meter.Leg{Tokens: 63, MachineSeconds: 0.30004, Counts: meter.Counts{Flops: 281_000_000, BytesRead: 900_000_000}},
		OtherSeconds: 0.01004, MachineSeconds: 0.33008, LoadSeconds: 0.05,
		TimeToFirstTokenSeconds: &first, TimePerOutputTokenSeconds: &each,
		Energy: meter.Energy{Source: meter.Unmeasured}, Cost: meter.Cost{Source: meter.Unmeasured},
	}
	return r
}

func TestReceipt(t *testing.T) {
	for _, c := range []struct {
		name    string
		results []engine.Result
		want    string
	}{
		{"one", []engine.Result{result()}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       4  20.0 ms       200  22.2 MFLOP  1.11 GFLOP/s   600 MB/s
  decode      63   300 ms       210   281 MFLOP   937 MFLOP/s  3.00 GB/s
5 prompt and 64 generated tokens, 1 cached; the first after 23.1 ms, then one every 4.90 ms
machine 0.3301 s = operators 0.3200 s + other 0.0101 s; loading 50.0 ms, not part of it
energy unmeasured, cost unmeasured
tiny, f32, pure kernels, 2 threads, seed 7
`},
		{"batch", []engine.Result{result(), result()}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       8  40.0 ms       200  44.4 MFLOP  1.11 GFLOP/s   600 MB/s
  decode     126   600 ms       210   562 MFLOP   937 MFLOP/s  3.00 GB/s
10 prompt and 128 generated tokens, 2 cached
machine 0.6602 s = operators 0.6401 s + other 0.0201 s; loading 50.0 ms, not part of it
energy unmeasured, cost unmeasured
tiny, f32, pure kernels, 2 threads, 2 requests
`},
	} {
		r := &receipt{model: "tiny"}
		for _, result := range c.results {
			r.add(&job{seed: 7}, result)
		}
		var b bytes.Buffer
		r.print(&b)
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

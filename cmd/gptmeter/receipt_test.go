package main

import (
	"bytes"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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

// finished is a result of so many gaps between tokens that is divided, and has drawn so much.
func finished(gaps int, energy meter.Energy) engine.Result {
	r := result()
	r.Meter.InterTokenSeconds = &meter.InterToken{Count: gaps, P50: 0.00485, P90: 0.0053, P99: 0.0071}
	r.Meter.Energy = energy
	wall, attention := 0.29, "attention"
	r.Meter.Decode.Operators = []meter.Operator{
		{Operator: "linear", WallSeconds: &wall, Counts: meter.Counts{Flops: 280_000_000, BytesRead: 899_000_000}},
		{Operator: "softmax", FusedInto: &attention, Counts: meter.Counts{Flops: 500_000}},
	}
	r.Meter.Prefill.Sections = []meter.Section{{Section: "h.0", MachineSeconds: 0.02, Counts: r.Meter.Prefill.Counts}}
	r.Meter.Decode.Sections = []meter.Section{
		{Section: "h.0", MachineSeconds: 0.29, Counts: meter.Counts{Flops: 280_000_000, BytesRead: 899_000_000}},
		{Section: "head", Counts: meter.Counts{Flops: 1_000_000}},
	}
	return r
}

// reaching is a result beside the machine's limits, nil where those are unknown.
func reaching(prefillPeak, prefillRead, decodePeak, decodeRead *float64) engine.Result {
	r := result()
	r.Meter.Prefill.Shares = meter.Shares{OfPeak: prefillPeak, OfBandwidth: prefillRead}
	r.Meter.Decode.Shares = meter.Shares{OfPeak: decodePeak, OfBandwidth: decodeRead}
	return r
}

// costing is a result that cost so many hundred-millionths, for the prompt and for the rest.
func costing(prompt, completion int64, price string) engine.Result {
	r := result()
	currency := "USD"
	money := func(n int64) *meter.Amount { return meter.NewAmount(big.NewRat(n, 100_000_000)) }
	r.Meter.Cost = meter.Cost{Currency: &currency, Total: money(prompt + completion), Prompt: money(prompt),
		Completion: money(completion), Price: &price, Source: meter.Configured}
	return r
}

func share(x float64) *float64 { return &x }

func joules(j float64, s meter.Source) meter.Energy { return meter.Energy{Joules: &j, Source: s} }

func TestReceipt(t *testing.T) {
	for _, c := range []struct {
		name       string
		by         string
		unmeasured error
		results    []engine.Result
		want       string
	}{
		{"one", byPhase, nil, []engine.Result{result()}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       4  20.0 ms       200  22.2 MFLOP  1.11 GFLOP/s   600 MB/s
  decode      63   300 ms       210   281 MFLOP   937 MFLOP/s  3.00 GB/s
5 prompt and 64 generated tokens, 1 cached
time to first token 23.1 ms; per output token 4.90 ms = (last − first)/(n − 1)
machine 0.3301 s = operators 0.3200 s + other 0.0101 s; loading 50.0 ms apart
energy unmeasured
cost unmeasured
tiny, f32, pure kernels, 2 threads, seed 7
`},
		{"batch", byPhase, nil, []engine.Result{result(), result()}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       8  40.0 ms       200  44.4 MFLOP  1.11 GFLOP/s   600 MB/s
  decode     126   600 ms       210   562 MFLOP   937 MFLOP/s  3.00 GB/s
10 prompt and 128 generated tokens, 2 cached
machine 0.6602 s = operators 0.6401 s + other 0.0201 s; loading 50.0 ms apart
energy unmeasured
cost unmeasured
tiny, f32, pure kernels, 2 threads, 2 requests
`},
		{"operators", byOperator, nil, []engine.Result{finished(10, joules(0.0064, meter.Measured))}, `
             tokens     time  tokens/s     counted         speed    traffic
  prompt          4  20.0 ms       200  22.2 MFLOP  1.11 GFLOP/s   600 MB/s
  decode         63   300 ms       210   281 MFLOP   937 MFLOP/s  3.00 GB/s
    linear            290 ms             280 MFLOP   966 MFLOP/s  3.10 GB/s
    softmax            fused             500 kFLOP             –          –
5 prompt and 64 generated tokens, 1 cached
time to first token 23.1 ms; per output token 4.90 ms = (last − first)/(n − 1)
between tokens p50 4.85 ms, p90 5.30 ms
machine 0.3301 s = operators 0.3200 s + other 0.0101 s; loading 50.0 ms apart
energy 6.40 mJ measured, 100 µJ per generated token
cost unmeasured
tiny, f32, pure kernels, 2 threads, seed 7
`},
		{"layers of a batch", byLayer, nil, []engine.Result{
			finished(100, joules(30, meter.Configured)), finished(100, joules(98, meter.Configured))}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       8  40.0 ms       200  44.4 MFLOP  1.11 GFLOP/s   600 MB/s
    h.0           40.0 ms            44.4 MFLOP  1.11 GFLOP/s   600 MB/s
  decode     126   600 ms       210   562 MFLOP   937 MFLOP/s  3.00 GB/s
    h.0            580 ms             560 MFLOP   966 MFLOP/s  3.10 GB/s
    head             0 µs            2.00 MFLOP             –          –
10 prompt and 128 generated tokens, 2 cached
machine 0.6602 s = operators 0.6401 s + other 0.0201 s; loading 50.0 ms apart
energy 128 J configured, 1.00 J per generated token
cost unmeasured
tiny, f32, pure kernels, 2 threads, 2 requests
`},
		{"few gaps", byPhase, nil, []engine.Result{finished(9, joules(64e-6, meter.Measured))}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       4  20.0 ms       200  22.2 MFLOP  1.11 GFLOP/s   600 MB/s
  decode      63   300 ms       210   281 MFLOP   937 MFLOP/s  3.00 GB/s
5 prompt and 64 generated tokens, 1 cached
time to first token 23.1 ms; per output token 4.90 ms = (last − first)/(n − 1)
machine 0.3301 s = operators 0.3200 s + other 0.0101 s; loading 50.0 ms apart
energy 64.0 µJ measured, 1.00 µJ per generated token
cost unmeasured
tiny, f32, pure kernels, 2 threads, seed 7
`},
		{"limits", byPhase, nil, []engine.Result{reaching(share(0.384), share(0.0123), share(0.0996), share(0.71))}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       4  20.0 ms       200  22.2 MFLOP  1.11 GFLOP/s   600 MB/s
  decode      63   300 ms       210   281 MFLOP   937 MFLOP/s  3.00 GB/s
prompt 38 % of the measured peak, 1.2 % of the read bandwidth: bound by compute
decode 10 % of the measured peak, 71 % of the read bandwidth: bound by memory
5 prompt and 64 generated tokens, 1 cached
time to first token 23.1 ms; per output token 4.90 ms = (last − first)/(n − 1)
machine 0.3301 s = operators 0.3200 s + other 0.0101 s; loading 50.0 ms apart
energy unmeasured
cost unmeasured
tiny, f32, pure kernels, 2 threads, seed 7
`},
		{"limits of a batch, where some is unknown", byPhase, nil, []engine.Result{
			reaching(share(0.3), nil, nil, share(0.5)), reaching(share(0.5), share(1.1), nil, share(1))}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       8  40.0 ms       200  44.4 MFLOP  1.11 GFLOP/s   600 MB/s
  decode     126   600 ms       210   562 MFLOP   937 MFLOP/s  3.00 GB/s
prompt 40 % of the measured peak
decode 75 % of the read bandwidth
10 prompt and 128 generated tokens, 2 cached
machine 0.6602 s = operators 0.6401 s + other 0.0201 s; loading 50.0 ms apart
energy unmeasured
cost unmeasured
tiny, f32, pure kernels, 2 threads, 2 requests
`},
		{"many gaps, energy of two kinds", byPhase, errors.New("no permission"), []engine.Result{
			finished(100, joules(30, meter.Measured)), finished(100, joules(98, meter.Configured))}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       8  40.0 ms       200  44.4 MFLOP  1.11 GFLOP/s   600 MB/s
  decode     126   600 ms       210   562 MFLOP   937 MFLOP/s  3.00 GB/s
10 prompt and 128 generated tokens, 2 cached
machine 0.6602 s = operators 0.6401 s + other 0.0201 s; loading 50.0 ms apart
energy unmeasured (no permission)
cost unmeasured
tiny, f32, pure kernels, 2 threads, 2 requests
`},
		{"costs", byPhase, nil, []engine.Result{costing(12, 3456, "mine"), costing(0, 4, "mine")}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       8  40.0 ms       200  44.4 MFLOP  1.11 GFLOP/s   600 MB/s
  decode     126   600 ms       210   562 MFLOP   937 MFLOP/s  3.00 GB/s
10 prompt and 128 generated tokens, 2 cached
machine 0.6602 s = operators 0.6401 s + other 0.0201 s; loading 50.0 ms apart
energy unmeasured
cost 0.0000347 USD configured, prompt 0.000000120 + decode 0.0000346
so far 0.0000400 USD, 20 % of the time idle; 3.46 USD a day at this rate
price mine
tiny, f32, pure kernels, 2 threads, 2 requests
`},
		{"cost by an example", byPhase, nil, []engine.Result{costing(0, 123_456_789_012, "example-\nx")}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       4  20.0 ms       200  22.2 MFLOP  1.11 GFLOP/s   600 MB/s
  decode      63   300 ms       210   281 MFLOP   937 MFLOP/s  3.00 GB/s
5 prompt and 64 generated tokens, 1 cached
time to first token 23.1 ms; per output token 4.90 ms = (last − first)/(n − 1)
machine 0.3301 s = operators 0.3200 s + other 0.0101 s; loading 50.0 ms apart
energy unmeasured
cost 1235 USD configured, prompt 0 + decode 1235
so far 0.0000400 USD, 20 % of the time idle; 3.46 USD a day at this rate
price example-\nx, an example, not a quote
tiny, f32, pure kernels, 2 threads, seed 7
`},
		{"a hundred gaps", byPhase, nil, []engine.Result{finished(100, joules(1500, meter.Measured))}, `
          tokens     time  tokens/s     counted         speed    traffic
  prompt       4  20.0 ms       200  22.2 MFLOP  1.11 GFLOP/s   600 MB/s
  decode      63   300 ms       210   281 MFLOP   937 MFLOP/s  3.00 GB/s
5 prompt and 64 generated tokens, 1 cached
time to first token 23.1 ms; per output token 4.90 ms = (last − first)/(n − 1)
between tokens p50 4.85 ms, p90 5.30 ms, p99 7.10 ms
machine 0.3301 s = operators 0.3200 s + other 0.0101 s; loading 50.0 ms apart
energy 1.50 kJ measured, 23.4 J per generated token
cost unmeasured
tiny, f32, pure kernels, 2 threads, seed 7
`},
	} {
		r := &receipt{model: "tiny", by: c.by, unmeasured: c.unmeasured, spent: engine.Usage{
			Other: 800 * time.Millisecond, Idle: 200 * time.Millisecond, Cost: meter.NewAmount(big.NewRat(4, 100_000))}}
		for _, result := range c.results {
			r.add(&job{seed: 7}, result)
		}
		var b bytes.Buffer
		r.print(&b)
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > 80 {
				t.Errorf("%s: %d columns: %s", c.name, n, line)
			}
		}
	}
}

// Amounts have three digits that count, and no exponent.
func TestMoneyText(t *testing.T) {
	for _, c := range []struct {
		n, of int64
		want  string
	}{
		{0, 1, "0"}, {1, 3, "0.333"}, {2, 3_000_000_000, "0.000000000667"}, {9996, 10_000, "1.00"}, {1234, 100, "12.3"},
		{9995, 10, "1000"}, {123_456, 1, "123456"}, {1, 1000, "0.00100"}, {99_951, 1_000_000, "0.100"},
	} {
		if got := moneyText(meter.NewAmount(big.NewRat(c.n, c.of))); got != c.want {
			t.Errorf("%d/%d is %s, want %s", c.n, c.of, got, c.want)
		}
	}
}

package report

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
)

// someTests are of the size of those of GPT-2 124M on two cores, benchmarks/results.
func someTests() (tests []bill.Test) {
	of := func(phase, dtype string, batch int, rate, intensity, speed, peak, read float64) {
		t := bill.Test{Phase: phase, Tokens: 512, FlopsPerSecond: speed, Flops: 1e9 * intensity, BytesRead: 1e9, OfPeak: &peak, OfBandwidth: &read,
			Choice: bill.Choice{Test: "pp512", DType: dtype, Batch: batch, Threads: 2, TokensPerSecond: rate}}
		if phase == meter.Decode.String() {
			t.Test, t.Tokens = "tg128", 128
		}
		for _, spread := range []float64{0.97, 0.99, 1, 1.02, 1.03} {
			t.Samples = append(t.Samples, rate*spread)
		}
		tests = append(tests, t)
	}
	for i, batch := range []int{1, 2, 4, 8, 16, 32} {
		of("prefill", "f32", batch, 1030+float64(i), 101, 185e9, 0.80, 0.03)
		of("decode", "f32", batch, []float64{57, 106, 190, 300, 425, 545}[i], []float64{0.5, 1, 2, 3.7, 7, 12}[i],
			[]float64{14e9, 26e9, 47e9, 75e9, 106e9, 136e9}[i], []float64{0.06, 0.11, 0.2, 0.32, 0.46, 0.59}[i], []float64{0.8, 0.76, 0.7, 0.6, 0.42, 0.18}[i])
	}
	return tests
}

func f64(x float64) *float64 { return &x }

// someQuery has all that a page can show: limits of latency that a batch does not keep, ranges,
// another price, a name that a page has to escape.
func someQuery(t testing.TB) bill.Query {
	t.Helper()
	parse := func(text string) *price.Price {
		p, err := price.Parse("test", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := parse(`
name = "example-<script>alert('a price')</script> & \"sons\""
currency = "USD"
source = "example: <b>made up</b> for a test"
date = "2026-11-23"
[machine]
cores = 2
[hardware]
purchase = 9000
life_years = 4
residual = 900
[electricity]
idle_watts = 90
busy_watts = 240
per_kwh = 0.15
pue = 1.3
source = "https://example.org/a-long-address/that-does-not-break/where-a-page-is-narrow/0123456789"
[software_licences]
per_machine_year = 700
[data_centre]
per_machine_month = 60
share_of_purchase_year = 0.02
[scale]
headroom = 0.3
spare_machines = 1
[range]
electricity.per_kwh = [0.10, 0.31]
hardware.purchase = [7000, 12000]
`)
	curve, err := bill.ParseCurve(bill.Office)
	if err != nil {
		t.Fatal(err)
	}
	rented, err := price.Preset("rented-2")
	if err != nil {
		t.Fatal(err)
	}
	var at []*big.Rat
	for _, percent := range []int64{5, 25, 50, 100} {
		at = append(at, big.NewRat(percent, 100))
	}
	return bill.Query{
		Price: p, Compare: []bill.Other{{Price: rented}},
		Measured: bill.Measured{Tests: someTests(), Model: "synthetic:gpt2",
			Machine: bill.Machine{CPU: "AMD EPYC", Cores: 2, Kernel: "avx512", Date: "2026-11-24T00:27:44Z"},
			Peaks:   bill.Roofline{F32: f64(232e9), Int8: f64(930e9), Read: f64(31e9)}},
		Lengths: []bill.Length{{PromptTokens: 512, CompletionTokens: 128, Count: 1}}, Requests: big.NewRat(40_000, 1),
		Curve: curve, Limits: bill.Limits{TPOT: 0.05}, At: at,
	}
}

// someLevers are of every kind: one that moves answers, one that does not, and what is not known.
func someLevers() *bill.Levers {
	amount := func(cents int64) *bill.Amount { return bill.NewAmount(big.NewRat(cents, 100)) }
	return &bill.Levers{
		Each: []bill.Lever{
			{Kind: "dtype", Changes: []string{"dtype f32 to int8"}, Total: amount(1044), Saves: amount(2088), TPOTSeconds: f64(0.021),
				Quality: &bill.Quality{LogprobShift: f64(0.0123), Source: meter.Measured}, Source: meter.Measured},
			{Kind: "scale.spare_machines", Changes: []string{"scale.spare_machines 1 to 0"}, Total: amount(2096), Saves: amount(1036), Source: meter.Configured},
			{Kind: "batch", Changes: []string{"batch 16 to 32"}, Total: amount(3130), Saves: amount(2), TPOTSeconds: f64(0.0587),
				Quality: &bill.Quality{Source: meter.Unmeasured}, Source: meter.Measured},
		},
		Together: &bill.Lever{Kind: "together", Changes: []string{"dtype f32 to int8", "scale.spare_machines 1 to 0"}, Total: amount(1000), Saves: amount(2132),
			TPOTSeconds: f64(0.021), Quality: &bill.Quality{LogprobShift: f64(0.0123), Source: meter.Measured}, Source: meter.Estimated},
	}
}

// answer is the answer, with levers.
func answer(t testing.TB, q bill.Query) *bill.Answer {
	t.Helper()
	a, err := q.Answer()
	if err != nil {
		t.Fatal(fmt.Errorf("the sample: %w", err))
	}
	a.Levers = someLevers()
	return a
}

package bill

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/meter/price"
)

// desk is a price with all there is, and figures that are easy to work with.
const desk = `
name = "desk"
currency = "USD"
[machine]
cores = 2
[hardware]
purchase = 7300
life_years = 4
residual = 0
[electricity]
idle_watts = 100
busy_watts = 300
per_kwh = 0.2
pue = 1.25
[software_licences]
per_machine_year = 365
[data_centre]
per_machine_month = 30.416
share_of_purchase_year = 0.05
[scale]
headroom = 0.25
spare_machines = 1
`

const rented = `
name = "rented"
currency = "USD"
[machine]
cores = 2
[rent]
per_hour = 0.5
`

func parse(t *testing.T, text string) *price.Price {
	t.Helper()
	p, err := price.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func test(name, dtype string, batch, threads, depth int, samples ...float64) Test {
	phase, length := "prefill", 0
	if name[:2] == "tg" {
		phase = "decode"
	}
	for _, digit := range name[2:] {
		length = 10*length + int(digit-'0')
	}
	sorted := slices.Sorted(slices.Values(samples))
	return Test{Choice: Choice{Test: name, DType: dtype, Batch: batch, Threads: threads, Depth: depth,
		TokensPerSecond: sorted[len(sorted)/2], Samples: samples}, Phase: phase, Tokens: length}
}

// someQuery is of 86400 requests a day, one a second, on machines that read 1000 tokens a second and
// make 50, 250 or 500.
func someQuery(t *testing.T) Query {
	flat, err := ParseCurve(Flat)
	if err != nil {
		t.Fatal(err)
	}
	return Query{Price: parse(t, desk), Curve: flat, Requests: big.NewRat(86400, 1),
		Lengths: []Length{{PromptTokens: 200, CompletionTokens: 100, Count: 1}},
		Measured: Measured{Model: "m", Machine: Machine{Cores: 2}, Tests: []Test{
			test("pp512", "f32", 1, 2, 0, 900, 1000, 1100), test("pp128", "f32", 1, 2, 0, 760, 800, 820), test("pp512", "f32", 8, 2, 0, 1200),
			test("tg128", "f32", 1, 2, 0, 50), test("tg128", "f32", 8, 2, 0, 240, 250, 260), test("tg32", "f32", 32, 2, 0, 510), test("tg128", "f32", 32, 2, 0, 490, 500, 505),
		}}}
}

func answer(t *testing.T, q Query) *Answer {
	t.Helper()
	a, err := q.Answer()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The largest batch that keeps the limits is taken, of the nearest length; prompts go by the smallest
// batch and the nearest length.
func TestChoice(t *testing.T) {
	q := someQuery(t)
	for _, c := range []struct {
		limits   Limits
		pp, tg   float64
		machines int64
	}{
		{Limits{}, 800, 500, 2},             // 0.25 + 0.2 s a request
		{Limits{TPOT: 0.05}, 800, 250, 2},   // 8/250 = 0.032 s a token
		{Limits{TPOT: 0.02}, 800, 50, 4},    // 1/50 = 0.02
		{Limits{TTFT: 0.2875}, 800, 250, 2}, // 200/800 + 0.032 = 0.282
		{Limits{TTFT: 0.282}, 800, 250, 2},  // just so
		{Limits{TTFT: 0.2819}, 800, 50, 4},  // 0.25 + 0.02
		{Limits{TTFT: 1, TPOT: 1}, 800, 500, 2},
	} {
		q.Limits = c.limits
		a := answer(t, q)
		if h := a.Throughput; h.PrefillTokensPerSecond != c.pp || h.DecodeTokensPerSecond != c.tg || a.Machines != c.machines {
			t.Errorf("%+v: %v and %v tokens/s, %d machines, want %v, %v, %d", c.limits, h.PrefillTokensPerSecond, h.DecodeTokensPerSecond, a.Machines, c.pp, c.tg, c.machines)
		}
		if got := a.Throughput.Decode; got.Batch == 32 && got.Test != "tg128" {
			t.Errorf("%s is taken for 100 tokens", got.Test)
		}
	}
	q.Limits = Limits{TPOT: 0.019}
	var latency *LatencyError
	if _, err := q.Answer(); !errors.As(err, &latency) || !strings.Contains(err.Error(), "no number of machines") {
		t.Errorf("%v", err)
	}
	batch := 8
	q.Limits, q.Want.Batch = Limits{}, &batch
	if h := answer(t, q).Throughput; h.PrefillTokensPerSecond != 1200 || h.DecodeTokensPerSecond != 250 {
		t.Errorf("batch 8: %v and %v tokens/s", h.PrefillTokensPerSecond, h.DecodeTokensPerSecond)
	}
}

func TestChoiceError(t *testing.T) {
	q := someQuery(t)
	q.Tests = append(q.Tests, test("pp512", "int8", 1, 2, 0, 3000), test("tg128", "int8", 1, 2, 0, 200), test("tg128", "int8", 1, 1, 0, 150))
	var choice *ChoiceError
	if _, err := q.Answer(); !errors.As(err, &choice) || len(choice.Choices) != 3 {
		t.Errorf("%v", err)
	}
	q.Want.DType = "int8"
	if _, err := q.Answer(); !errors.As(err, &choice) || !slices.Equal(choice.Choices, []string{"--dtype int8 --threads 2 --depth 0", "--dtype int8 --threads 1 --depth 0"}) {
		t.Errorf("%v", err)
	}
	one := 1
	q.Want.Threads = &one
	if _, err := q.Answer(); !errors.As(err, &choice) || !strings.Contains(err.Error(), "no such prefill (pp) result") {
		t.Errorf("%v", err)
	}
}

// The worked-out bill of an example, by hand.
func TestBillByHand(t *testing.T) {
	a := answer(t, someQuery(t))
	// 0.45 s a second × 1.25 is one machine, and a spare one.
	if a.Machines != 2 || a.Utilization != 0.225 {
		t.Fatalf("%d machines, %v busy", a.Machines, a.Utilization)
	}
	for i, want := range [][2]string{
		{"10", "7.75"},      // 2 × 7300/(4·365)
		{"1.74", "0.93"},    // 2 × (300·0.225 + 100·0.775) × 24 × 0.2 × 1.25 / 1000, of which 77.5 W idle
		{"2", "1.55"},       // 2 × 365/365
		{"3.999955", "3.1"}, // 2 × (30.416·12 + 365)/365
	} {
		l := a.Day.Lines[i]
		if got := l.Amount.FloatString(3); got != rounded(want[0]) {
			t.Errorf("%s is %s, want %s", l.Name, got, want[0])
		}
		if got := l.IdleAmount.FloatString(3); got != rounded(want[1]) {
			t.Errorf("%s idle is %s, want %s", l.Name, got, want[1])
		}
	}
	// In a second one request comes to a machine that is not spare, and stays 0.25 + 100·32/500 s.
	if c := *a.Load.PeakConcurrency; math.Abs(c-6.65) > 1e-9 {
		t.Errorf("%v requests at once", c)
	}
	if !slices.ContainsFunc(a.Remarks, func(r string) bool { return strings.Contains(r, "6.65 requests at once") }) {
		t.Errorf("the remarks are %q", a.Remarks)
	}
}

func rounded(s string) string {
	x, _ := new(big.Rat).SetString(s)
	return x.FloatString(3)
}

// More cores are refused, or scaled and called estimated.
func TestCores(t *testing.T) {
	q := someQuery(t)
	q.Price = q.Price.With(price.Cores, whole(8))
	var cores *CoresError
	if _, err := q.Answer(); !errors.As(err, &cores) {
		t.Errorf("%v", err)
	}
	q.ScaleThroughput = true
	if h := answer(t, q).Throughput; h.PrefillTokensPerSecond != 3200 || h.Source != "estimated" || h.Scale != 4 {
		t.Errorf("%+v", h)
	}
	q.Price = parse(t, "currency = \"USD\"\n[software_licences]\nper_core_year = 365")
	q.ScaleThroughput = false
	if got := answer(t, q).Day.Total.FloatString(2); got != "2.00" { // the measured machine's two cores
		t.Errorf("it costs %s", got)
	}
	q.Machine.Cores = 0
	if _, err := q.Answer(); err == nil || !strings.Contains(err.Error(), "licensed by core") {
		t.Errorf("%v", err)
	}
}

func TestCurve(t *testing.T) {
	for text, want := range map[string]string{Flat: "1/24", Office: "5/48", "0,0,0,0,0,0,0,0,0,3,1,0,0,0,0,0,0,0,0,0,0,0,0,0": "3/4"} {
		c, err := ParseCurve(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.peak().RatString(); got != want {
			t.Errorf("%s: the peak hour has %s, want %s", text, got, want)
		}
		if sum := add(c.Shares[:]...); sum.Cmp(one) != 0 {
			t.Errorf("%s: hours are %v together", text, sum)
		}
	}
	for _, text := range []string{"", "often", "1", strings.Repeat("0,", 23) + "0", strings.Repeat("1,", 23) + "-1", strings.Repeat("1,", 23) + "nan", strings.Repeat("1,", 24) + "1"} {
		if _, err := ParseCurve(text); err == nil {
			t.Errorf("%q is a curve", text)
		}
	}
}

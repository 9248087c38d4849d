package benchmarks

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchfmt"

	"github.com/gptmeter/gptmeter/meter"
)

// someReport has a test with all there is to say and one with as little as there can be.
func someReport() *Report {
	cpu, memory := "Made-up Processor  X", int64(8e9)
	number := func(x float64) *float64 { return &x }
	compute, read := meter.BoundCompute, "read"
	date := time.Date(2026, 11, 23, 12, 34, 56, 789, time.UTC)
	peaks := []PeakRates{
		{Threads: 1},
		{Threads: 2, F32: number(225e9), Int8: number(900e9), Read: number(3e10), Spread: number(1.25), SpreadOf: &read, Disturbed: true},
	}
	return &Report{
		Version: reportVersion,
		Machine: Machine{CPU: &cpu, Cores: 2, MemoryBytes: &memory, OS: "linux", Arch: "amd64", Kernel: "avx512", Go: "go1.26.8", Date: date,
			Peaks: Peaks{PeakRates: peaks[1], ByThreads: peaks}},
		Model: Model{Name: "synthetic:gpt2", Parameters: 124_439_808, Context: 1024},
		Results: []Result{
			{Test: "pp512", Phase: "prefill", DType: "f32", Batch: 2, Threads: 2, Depth: 128, Tokens: 1024, WeightBytes: 498e6, Seconds: 1.28,
				TokensPerSecond: statistics([]float64{800, 1024, 640}), Flops: 128e9, FlopsPerSecond: 1e11, Bytes: 64e8, BytesRead: 5e9, BytesPerSecond: 5e9,
				Shares: meter.Shares{OfPeak: number(0.444), OfBandwidth: number(0.13), Bound: &compute}, Date: date},
			{Test: "tg128", Phase: "decode", DType: "f32", Batch: 1, Threads: 1, Tokens: 128, WeightBytes: 498e6, Seconds: 4,
				TokensPerSecond: statistics([]float64{32}), Flops: 32e9, FlopsPerSecond: 8e9, Bytes: 64e9, BytesRead: 6e10, BytesPerSecond: 16e9, Date: date},
		},
		Interrupted: true,
	}
}

func write(t *testing.T, r *Report, format string) []byte {
	t.Helper()
	for _, f := range Formats() {
		if f.Name == format {
			var b bytes.Buffer
			if err := f.Write(r, &b); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
	}
	t.Fatalf("no format %s", format)
	return nil
}

// Each format is written as the file in testdata shows it.
func TestFormats(t *testing.T) {
	for _, f := range Formats() {
		want, err := os.ReadFile("testdata/report." + f.Name)
		if err != nil {
			t.Fatal(err)
		}
		got := string(write(t, someReport(), f.Name))
		if f.Name == "llama-bench" {
			got = strings.Replace(got, revision(), "REVISION", 2)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s: %s", f.Name, d)
		}
	}
}

// Whatever fails to be written is an error, in every format.
func TestFormatsFail(t *testing.T) {
	for _, f := range Formats() {
		if err := f.Write(someReport(), failing{}); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

// The keys are those that the program's users are promised.
func TestReportKeys(t *testing.T) {
	var report struct {
		Machine map[string]any
		Results []map[string]any
	}
	if err := json.Unmarshal(write(t, someReport(), "json"), &report); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, report.Machine, "cpu", "cores", "memory_bytes", "kernel", "go", "peaks")
	wantKeys(t, report.Machine["peaks"], "f32_flops_per_second", "int8_ops_per_second", "read_bytes_per_second")
	for _, result := range report.Results {
		wantKeys(t, result, "test", "phase", "dtype", "batch", "threads", "depth", "tokens_per_second", "flops", "flops_per_second",
			"bytes", "bytes_per_second", "share_of_peak", "share_of_bandwidth", "usd_per_million_tokens")
		wantKeys(t, result["tokens_per_second"], "median", "mean", "stddev", "samples")
	}
}

func wantKeys(t *testing.T, object any, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if _, ok := object.(map[string]any)[key]; !ok {
			t.Errorf("%v has no key %s", object, key)
		}
	}
}

// CSV has a name for each field and JSON's figures, digit for digit.
func TestCSV(t *testing.T) {
	lines, err := csv.NewReader(bytes.NewReader(write(t, someReport(), "csv"))).ReadAll()
	if err != nil || len(lines) != 3 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for i, x := range someReport().Results {
		field := func(name string) string { return lines[i+1][slices.Index(lines[0], name)] }
		for name, want := range map[string]float64{"tokens_per_second_median": x.TokensPerSecond.Median, "flops": float64(x.Flops), "depth": float64(x.Depth)} {
			if got, err := strconv.ParseFloat(field(name), 64); got != want || err != nil {
				t.Errorf("%s of %s is %s, want %v", name, x.Test, field(name), want)
			}
		}
	}
	if at := slices.Index(lines[0], "tokens_per_second_stddev"); lines[2][at] != "" {
		t.Errorf("the deviation of one sample is %s", lines[2][at])
	}
}

// benchstat's own reader finds the tests, each repetition, and their units.
func TestBenchfmt(t *testing.T) {
	r := benchfmt.NewReader(bytes.NewReader(write(t, someReport(), "benchfmt")), "report")
	var rates []float64
	var better []string
	for r.Scan() {
		if unit, ok := r.Result().(*benchfmt.UnitMetadata); ok {
			better = append(better, unit.Unit+" "+unit.Key+" "+unit.Value)
			continue
		}
		result, ok := r.Result().(*benchfmt.Result)
		if !ok {
			t.Fatalf("%v", r.Result())
		}
		if got := result.GetConfig("model") + ", " + result.GetConfig("cpu"); got != "synthetic:gpt2, Made-up Processor X" {
			t.Errorf("of %q", got)
		}
		rate, ok := result.Value("tokens/s")
		seconds, okSeconds := result.Value("sec/op")
		if !ok || !okSeconds {
			t.Fatalf("%v has no rate or no time", result.Values)
		}
		tokens := map[string]float64{"PP512": 1024, "TG128": 128}[string(result.Name.Base())]
		if _, parts := result.Name.Parts(); len(parts) != 4 || string(parts[1]) != "/batch="+strconv.Itoa(int(tokens/128/7)+1) {
			t.Errorf("%s", result.Name)
		}
		if math.Abs(rate*seconds/tokens-1) > 1e-6 {
			t.Errorf("%s: %v tokens/s for %v s", result.Name, rate, seconds)
		}
		rates = append(rates, rate)
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]float64{800, 1024, 640, 32}, rates) + cmp.Diff([]string{"tokens/s better higher", "FLOP/s better higher"}, better); d != "" {
		t.Error(d)
	}
}

// llama-bench's fields are all there, as values of the same kind. The file lists them as
// get_fields and get_field_type do (llama.cpp, tools/llama-bench/llama-bench.cpp), with the
// samples of its JSON, and use_mmap, which scripts/compare-llama-bench.py still asks for.
func TestLlamaBench(t *testing.T) {
	var tests []map[string]any
	if err := json.Unmarshal(write(t, someReport(), "llama-bench"), &tests); err != nil {
		t.Fatal(err)
	}
	fields, err := os.ReadFile("testdata/llama-bench.fields")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		n := 0
		for line := range strings.Lines(string(fields)) {
			name, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
			n++
			if got := kindOf(test[name]); got != kind {
				t.Errorf("%s is %v, a %s, want a %s", name, test[name], got, kind)
			}
		}
		if len(test) != n+1 { // ours
			t.Errorf("%d fields, want %d and ours", len(test), n)
		}
	}
	if p, g := tests[0], tests[1]; p["n_prompt"] != 512.0 || p["n_gen"] != 0.0 || p["n_depth"] != 128.0 || g["n_prompt"] != 0.0 || g["n_gen"] != 128.0 {
		t.Errorf("lengths %v %v %v, %v %v", p["n_prompt"], p["n_gen"], p["n_depth"], g["n_prompt"], g["n_gen"])
	}
}

func kindOf(v any) string {
	switch v := v.(type) {
	case string:
		return "string"
	case bool:
		return "bool"
	case float64:
		return "number"
	case []any:
		return "list of " + kindOf(v[0])
	}
	return "nothing"
}

// someLoadReport has a load with all there is to say and one with as little as there can be.
func someLoadReport() *LoadReport {
	r := someReport()
	users, good, rate, seed := 4, 30, 2.5, uint64(9)
	number := func(x float64) *float64 { return &x }
	memory := meter.BoundMemory
	return &LoadReport{Machine: r.Machine, Model: r.Model, Interrupted: true, Loads: []LoadResult{
		{Arrivals: "closed", Users: &users, DType: "f32", Threads: 2, MaxBatch: 32, Seconds: 20, Requests: 40, Unfinished: 2,
			PromptTokens: 20480, CompletionTokens: 5120, RequestsPerSecond: 2, PromptTokensPerSecond: 1024, CompletionTokensPerSecond: 256,
			FirstToken: &Times{0.2, 0.15, 0.3, 0.5, 0.6}, InterToken: &Times{0.02, 0.015, 0.03, 0.05, 0.06},
			PerToken: &Times{0.021, 0.016, 0.031, 0.051, 0.061}, Latency: &Times{2, 1.5, 3, 5, 6},
			Limits: LoadLimits{number(0.3), number(0.04)}, Good: &good, Goodput: number(1.5),
			MachineSeconds: MachineSeconds{19, 1, 20}, Flops: 4e12, FlopsPerSecond: number(2e11), Bytes: 5e11,
			Shares: meter.Shares{OfPeak: number(0.89), OfBandwidth: number(0.9), Bound: &memory}},
		{Arrivals: "poisson", Rate: &rate, Seed: &seed, DType: "f32", Threads: 1, MaxBatch: 1, Seconds: 10, Requests: 1, PromptTokens: 1, CompletionTokens: 1,
			RequestsPerSecond: 0.1, PromptTokensPerSecond: 0.1, CompletionTokensPerSecond: 0.1,
			FirstToken: &Times{0.001, 0.001, 0.001, 0.001, 0.001}, Latency: &Times{0.001, 0.001, 0.001, 0.001, 0.001},
			MachineSeconds: MachineSeconds{0.5, 9.5, 10}, Flops: 1e9, FlopsPerSecond: number(2e9), Bytes: 1e9},
	}}
}

func TestLoadFormats(t *testing.T) {
	for _, f := range LoadFormats() {
		want, err := os.ReadFile("testdata/load." + f.Name)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := f.Write(someLoadReport(), &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got.String()); d != "" {
			t.Errorf("%s: %s", f.Name, d)
		}
		if err := f.Write(someLoadReport(), failing{}); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	checkLoadFormats(t, someLoadReport())
}

// checkLoadFormats wants a document in JSON, and lines of as many fields as there are names in CSV.
func checkLoadFormats(t *testing.T, r *LoadReport) {
	t.Helper()
	for _, f := range LoadFormats() {
		var b bytes.Buffer
		if err := f.Write(r, &b); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if f.Name == "json" && !json.Valid(b.Bytes()) {
			t.Errorf("%s", b.Bytes())
		}
		if f.Name == "csv" {
			if lines, err := csv.NewReader(&b).ReadAll(); err != nil || len(lines) != 1+len(r.Loads) {
				t.Errorf("%d lines, %v", len(lines), err)
			}
		}
	}
}

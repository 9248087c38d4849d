package benchmarks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/theory"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// TestRun: every test is there as often as it was asked for, and what was counted is the exact
// form's: ppN the products of N tokens after D with logits for one, tgN those of N tokens after D
// with logits for each, for every sequence of the batch.
func TestRun(t *testing.T) {
	s := someSweep(t, "synthetic:3x5x35")
	s.Threads, s.Depths, s.Batches, s.Repetitions = []int{1, 2}, []int{0, 1, 32, 45}, []int{1, 3}, 2
	s.Prompts, s.Generates = []int{1, 33, 300}, []int{1, 5}
	if err := s.Check(s.config(t)); err != nil {
		t.Fatal(err)
	}
	r, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	tests := s.tests()
	if len(r.Results) != len(tests) || r.Interrupted {
		t.Fatalf("%d results of %d tests, interrupted %v", len(r.Results), len(tests), r.Interrupted)
	}
	for i, got := range r.Results {
		checkResult(t, got, tests[i], s.config(t))
		if len(got.TokensPerSecond.Samples) != s.Repetitions {
			t.Errorf("%v: %d samples", tests[i], len(got.TokensPerSecond.Samples))
		}
		if got.OfPeak != nil || got.OfBandwidth != nil || got.Bound != nil {
			t.Errorf("%v is set beside peaks that were not measured", tests[i])
		}
	}
	if p := r.Machine.Peaks; p.F32 != nil || p.Int8 != nil || p.Read != nil || p.Spread != nil || p.Threads != 2 || len(p.ByThreads) != 2 {
		t.Errorf("peaks that were not measured: %+v", p)
	}
}

func shapeOf(c model.Config) theory.Shape {
	return theory.Shape{Layers: int64(c.Layers), Heads: int64(c.Heads), Width: int64(c.Width), Inner: int64(c.Inner),
		Vocabulary: int64(c.Vocabulary), Positions: int64(c.Positions)}
}

func checkResult(t *testing.T, got Result, test Test, c model.Config) {
	t.Helper()
	if got.Test != test.Name() || got.Batch != test.Batch || got.Depth != test.Depth || got.Threads != test.Threads || got.DType != test.DType.String() {
		t.Errorf("%v: it is called %s, batch %d, depth %d, %d threads, %s", test, got.Test, got.Batch, got.Depth, got.Threads, got.DType)
	}
	shape, logits := shapeOf(c), 1
	if got.Phase == "decode" {
		logits = test.Tokens
	}
	exact := shape.Causal(int64(test.Tokens), int64(test.Depth), int64(logits)).Total()
	// The last block has neither projection nor MLP for rows without logits; at this width it has queries.
	exact -= 2 * int64(test.Tokens-logits) * (shape.Width*shape.Width + 2*shape.Width*shape.Inner)
	exact *= int64(test.Batch)
	// What is no product is some percent at this size, and never less than nothing.
	if other := got.Flops - exact; other < 0 || other > exact/5 {
		t.Errorf("%v: %d operations were counted, of which %d are products", test, got.Flops, exact)
	}
	if got.Tokens != test.Batch*test.Tokens || !(got.Seconds > 0) || got.BytesRead <= 0 || got.Bytes <= got.BytesRead ||
		got.WeightBytes != c.WeightBytes(test.DType) || got.USDPerMillionTokens != nil || time.Since(got.Date) > time.Hour {
		t.Errorf("%v: %+v", test, got)
	}
	for _, rate := range []struct{ got, want float64 }{
		{got.TokensPerSecond.Median, float64(got.Tokens) / got.Seconds},
		{got.FlopsPerSecond, float64(got.Flops) / got.Seconds}, {got.BytesPerSecond, float64(got.Bytes) / got.Seconds},
	} {
		if rate.got/rate.want > 1+1e-9 || rate.want/rate.got > 1+1e-9 {
			t.Errorf("%v: a rate is %v, want %v", test, rate.got, rate.want)
		}
	}
}

// The samples of the peaks are spread from before the first repetition to after the last.
func TestPeaksBetween(t *testing.T) {
	s := someSweep(t, "synthetic:1x1x8")
	s.Threads, s.Generates, s.Repetitions, s.PeakTime = []int{1, 2}, []int{2}, 8, 5*time.Millisecond
	var order strings.Builder
	s.Progress = func(what string, done, whole float64) {
		kind := "t"
		if strings.HasPrefix(what, "peak ") {
			kind = "p"
		}
		if !strings.HasSuffix(order.String(), kind) {
			order.WriteString(kind)
		}
		if done < 0 || done > whole {
			t.Errorf("%v of %v are done", done, whole)
		}
	}
	r, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := order.String(); got != "tptptptptp" { // it begins with loading
		t.Errorf("tests and peaks come as %s", got)
	}
	for _, p := range r.Measured.List() {
		if len(p.Samples) != peakSamples {
			t.Errorf("%s %s on %d threads has %d samples", p.Limit, p.Kernel, p.Threads, len(p.Samples))
		}
	}
	for i, p := range append(r.Machine.Peaks.ByThreads, r.Machine.Peaks.PeakRates) {
		if p.Threads != []int{1, 2, 2}[i] || !(*p.F32 > 0) || !(*p.Int8 > 0) || !(*p.Read > 0) || !(*p.Spread >= 1) || p.Disturbed != (*p.Spread > 1.10) {
			t.Errorf("%+v", p)
		}
	}
	for _, x := range r.Results {
		if x.OfPeak == nil || !(*x.OfPeak > 0) {
			t.Errorf("%s on %d threads has no share of the peak", x.Test, x.Threads)
		}
	}
}

// Wherever a run is interrupted, its report is a document of what was finished until then.
func TestInterrupt(t *testing.T) {
	s := someSweep(t, "synthetic:1x1x8")
	s.Prompts, s.Generates, s.Depths, s.Repetitions, s.PeakTime = []int{600}, []int{3}, []int{0, 40}, 2, 5*time.Millisecond
	calls := 0
	s.Progress = func(string, float64, float64) { calls++ }
	if _, err := s.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	all := calls
	results, last := 0, 0
	for at := 1; at <= all; at = max(at+1, min(at+all/12, all)) {
		ctx, cancel := context.WithCancel(context.Background())
		calls = 0
		s.Progress = func(string, float64, float64) {
			if calls++; calls == at {
				cancel()
			}
		}
		r, err := s.Run(ctx)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) || err == nil && at < all {
			t.Fatalf("interrupted at %d of %d: %v", at, all, err)
		}
		if r.Interrupted != (err != nil) || len(r.Results) < results {
			t.Fatalf("interrupted at %d: %d results after %d, interrupted %v", at, len(r.Results), results, r.Interrupted)
		}
		results, last = len(r.Results), at
		for _, x := range r.Results {
			if n := len(x.TokensPerSecond.Samples); n < 1 || n > s.Repetitions {
				t.Errorf("interrupted at %d: %s has %d samples", at, x.Test, n)
			}
		}
		for _, f := range Formats() {
			var b bytes.Buffer
			if err := f.Write(r, &b); err != nil {
				t.Errorf("interrupted at %d: %s: %v", at, f.Name, err)
			}
			if (f.Name == "json" || f.Name == "llama-bench") && !json.Valid(b.Bytes()) {
				t.Errorf("interrupted at %d: %s", at, b.Bytes())
			}
		}
	}
	if last != all || results != len(s.tests()) {
		t.Errorf("%d results after %d of %d, want %d", results, last, all, len(s.tests()))
	}
}

// What cannot be loaded or run is an error, and no report.
func TestRunFails(t *testing.T) {
	s := someSweep(t, "synthetic:1x1x8")
	s.Prompts = []int{1}
	s.Kernel = "abacus"
	if r, err := s.Run(context.Background()); r != nil || !errors.Is(err, tensor.ErrKernel) {
		t.Errorf("%v, %v", r, err)
	}
	s.Kernel, s.Source = "auto", without{s.Source}
	var files *ModelError
	if r, err := s.Run(context.Background()); r != nil || !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &files) {
		t.Errorf("%v, %v", r, err)
	}
}

// without is a checkpoint that lacks its tensors.
type without struct{ model.Source }

func (w without) Tensor(string, ...int) (tensor.Elements, error) { return nil, fs.ErrNotExist }

// One sample tells no spread.
func TestPeakRatesOfOneSample(t *testing.T) {
	pool := tensor.NewPool(1)
	defer pool.Close()
	p := meter.NewPeaks()
	p.Measure(pool, meter.Probes()[0], time.Millisecond)
	if r := peakRates(p, 1); r.F32 == nil || r.Read != nil || r.Spread != nil || r.Disturbed {
		t.Errorf("%+v", r)
	}
}

package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gptmeter/gptmeter/benchmarks"
	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// What is measured where nothing was: enough of it to choose a batch by, in less than two minutes
// for GPT-2 124M on two cores. With --levers there is more of it.
const (
	costPrompt      = 256
	costGenerate    = 32
	costRepetitions = 3
)

var costBatches = []int{1, 8, 32}

// measurements are those in the file of --measured, or new ones.
func (p *program) measurements(ctx context.Context, f *costFlags, given map[string]bool, q *bill.Query) (*benchmarks.Report, error) {
	if f.measured != "" {
		return readMeasured(f.measured)
	}
	checkpoint, config, err := p.openModel(ctx, f.model)
	if err != nil {
		return nil, err
	}
	defer checkpoint.Close()
	progress, finish := p.benchProgress()
	defer finish()
	sweep, err := f.sweep(checkpoint, config, given, q)
	if err != nil {
		return nil, err
	}
	sweep.Progress = progress
	debug.SetGCPercent(10)
	if err := sweep.Check(config); err != nil {
		return nil, usageError("%w", err)
	}
	if err := benchMemory(f.model, sweep.Memory(config)); err != nil {
		return nil, err
	}
	if err := q.CheckCores(sweep.Cores); err != nil {
		return nil, costError(err)
	}
	r, err := sweep.Run(ctx)
	if err == nil && f.levers && !checkpoint.Synthetic() && len(sweep.DTypes) > 1 {
		err = shifts(ctx, sweep.Setup, q)
	}
	finish()
	switch {
	case ctx.Err() != nil:
		return nil, errInterrupted
	case err != nil:
		return nil, benchError(f.model, err)
	}
	return r, nil
}

func readMeasured(path string) (*benchmarks.Report, error) {
	r, err := benchmarks.ReadReport(path)
	if err != nil {
		return nil, errorWithHint(unusable(err), "gptmeter bench -o json makes such a file")
	}
	return r, nil
}

// sweep is what to measure, of which the query wants its results.
func (f *costFlags) sweep(source *weights.Checkpoint, config model.Config, given map[string]bool, q *bill.Query) (benchmarks.Sweep, error) {
	b := &benchFlags{model: f.model, kernel: f.kernel, dtypes: []string{f.dtype}, batches: costBatches, depths: []int{f.depth},
		repetitions: costRepetitions, peakSeconds: f.peakSeconds}
	if err := b.chooseDTypes(source); err != nil {
		return benchmarks.Sweep{}, err
	}
	b.threads = []int{f.threads}
	if !given["threads"] {
		b.threads[0] = defaultThreads()
	}
	if given["batch"] {
		b.batches = []int{f.batch}
	}
	q.Want.DType, q.Want.Threads = b.dtypes[0], &b.threads[0]
	if f.levers {
		b.repetitions--
		for _, d := range formatsOf(source) {
			b.dtypes = append(b.dtypes, d.String())
		}
		b.threads = append([]int{b.threads[0]}, slices.DeleteFunc([]int{1, defaultThreads()}, func(n int) bool { return n == b.threads[0] })...)
		slices.Sort(b.threads[1:])
		b.threads = slices.Compact(b.threads)
		b.batches = append(slices.Clone(b.batches), slices.DeleteFunc(slices.Clone(costBatches), func(n int) bool { return slices.Contains(b.batches, n) })...)
	}
	// Prompts as long as the load's, and as far as the context goes.
	room := max(1, config.Positions-f.depth)
	prompt := int64(costPrompt)
	if len(q.Lengths) > 0 {
		prompt = q.Lengths[0].PromptTokens
	}
	b.prompts, b.generates = []int{max(1, int(min(prompt, int64(room))))}, []int{min(costGenerate, room)}
	s := b.newSweep(b.setup(source))
	s.PromptBatch = slices.Min(b.batches)
	return s, nil
}

// shifts has the query know how far each format moves the model's answers.
func shifts(ctx context.Context, s benchmarks.Setup, q *bill.Query) error {
	list, err := s.LogprobShift(ctx)
	q.Shifts = map[string]float64{}
	for d, shift := range list {
		q.Shifts[d.String()] = shift
	}
	return err
}

// measuredIn is what a benchmark's report says.
func measuredIn(r *benchmarks.Report) bill.Measured {
	m := bill.Measured{Model: r.Model.Name,
		Machine: bill.Machine{Cores: r.Machine.Cores, Kernel: r.Machine.Kernel, Date: r.Machine.Date.Format(time.RFC3339)}}
	if r.Machine.CPU != nil {
		m.Machine.CPU = *r.Machine.CPU
	}
	peaks := r.Machine.Peaks
	m.Peaks = bill.Roofline{F32: peaks.F32, Int8: peaks.Int8, Read: peaks.Read}
	if r.Interrupted {
		m.Remarks = append(m.Remarks, "the benchmark was interrupted: not all that was asked for is there")
	}
	if peaks.Disturbed && peaks.SpreadOf != nil {
		m.Remarks = append(m.Remarks, fmt.Sprintf("while it was measured something disturbed the machine: its peak of %s varied by %.0f %%", *peaks.SpreadOf, 100*(*peaks.Spread-1)))
	}
	for _, x := range r.Results {
		m.Tests = append(m.Tests, bill.Test{
			Choice: bill.Choice{Test: x.Test, DType: x.DType, Batch: x.Batch, Threads: x.Threads, Depth: x.Depth,
				TokensPerSecond: x.TokensPerSecond.Median, Samples: x.TokensPerSecond.Samples},
			Phase: x.Phase, Tokens: x.Length(), BytesRead: float64(x.BytesRead), Flops: float64(x.Flops), FlopsPerSecond: x.FlopsPerSecond,
			Peak: peakOf(x, peaks), OfPeak: x.OfPeak, OfBandwidth: x.OfBandwidth,
		})
	}
	return m
}

// peakOf is the peak that a result's products with weights are set beside, 0 where it was not measured.
func peakOf(x benchmarks.Result, peaks benchmarks.Peaks) float64 {
	limit := ""
	for _, d := range tensor.DTypes() {
		if d.String() == x.DType {
			limit = d.Limit()
		}
	}
	for _, r := range append(slices.Clone(peaks.ByThreads), peaks.PeakRates) {
		rate := map[string]*float64{"f32": r.F32, "int8": r.Int8}[limit]
		if r.Threads == x.Threads && rate != nil {
			return *rate
		}
	}
	return 0
}

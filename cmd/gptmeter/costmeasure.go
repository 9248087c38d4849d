package main

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gptmeter/gptmeter/benchmarks"
	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/tensor"
)

// What is measured where nothing was: enough of it to choose a batch by, in less than two minutes
// for GPT-2 124M on two cores.
var (
	costBatches     = []int{1, 8, 32}
	costPrompt      = 256
	costGenerate    = 32
	costRepetitions = 3
)

const costPeakSeconds = 0.5

// measurements are those in the file of --measured, or new ones.
func (p *program) measurements(ctx context.Context, f *costFlags, given map[string]bool, q *bill.Query) (*benchmarks.Report, error) {
	if f.measured != "" {
		r, err := benchmarks.ReadReport(f.measured)
		if err != nil {
			return nil, errorWithHint(unusable(err), "gptmeter bench -o json > %s measures", f.measured)
		}
		return r, nil
	}
	checkpoint, config, err := openModel(f.model)
	if err != nil {
		return nil, err
	}
	defer checkpoint.Close()
	b := &benchFlags{model: f.model, kernel: f.kernel, dtypes: []string{f.dtype}, prompts: []int{costPrompt}, generates: []int{costGenerate},
		batches: costBatches, depths: []int{f.depth}, repetitions: costRepetitions, peakSeconds: costPeakSeconds}
	if f.dtype == auto {
		b.dtypes = []string{tensor.F32.String()}
	}
	if given["threads"] {
		b.threads = []int{f.threads}
	}
	if given["batch"] {
		b.batches = []int{f.batch}
	}
	// Prompts as long as the load's, and as far as the context goes.
	room := config.Positions - f.depth
	if len(q.Lengths) > 0 {
		b.prompts[0] = int(min(q.Lengths[0].PromptTokens, 1024))
	}
	b.prompts[0], b.generates[0] = max(1, min(b.prompts[0], room)), max(1, min(costGenerate, room))
	progress, finish := p.benchProgress()
	defer finish()
	setup := b.setup(checkpoint)
	setup.Progress = progress
	debug.SetGCPercent(10)
	sweep := b.newSweep(setup)
	if err := sweep.Check(config); err != nil {
		return nil, usageError("%w", err)
	}
	if err := benchMemory(f.model, sweep.Memory(config)); err != nil {
		return nil, err
	}
	r, err := sweep.Run(ctx)
	finish()
	switch {
	case r == nil:
		return nil, benchError(f.model, err)
	case err != nil:
		return nil, errInterrupted
	}
	return r, nil
}

// takeReport hands a benchmark's results to the query.
func takeReport(q *bill.Query, r *benchmarks.Report) {
	q.Model = r.Model.Name
	q.Machine = bill.Machine{Cores: r.Machine.Cores, Kernel: r.Machine.Kernel, Date: r.Machine.Date.Format(time.RFC3339)}
	if r.Machine.CPU != nil {
		q.Machine.CPU = *r.Machine.CPU
	}
	peaks := r.Machine.Peaks
	q.Peaks = bill.Roofline{F32: peaks.F32, Int8: peaks.Int8, Read: peaks.Read}
	for _, x := range r.Results {
		q.Tests = append(q.Tests, bill.Test{
			Choice: bill.Choice{Test: x.Test, DType: x.DType, Batch: x.Batch, Threads: x.Threads, Depth: x.Depth,
				TokensPerSecond: x.TokensPerSecond.Median, Samples: x.TokensPerSecond.Samples},
			Phase: x.Phase, Tokens: x.Length(), BytesRead: float64(x.BytesRead), Flops: float64(x.Flops), FlopsPerSecond: x.FlopsPerSecond,
			Peak: peakOf(x, peaks), OfPeak: x.OfPeak, OfBandwidth: x.OfBandwidth,
		})
	}
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

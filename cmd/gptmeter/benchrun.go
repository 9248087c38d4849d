package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gptmeter/gptmeter/benchmarks"
	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/price"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// keptPeakSeconds is how long peaks have to be measured to be kept for other commands.
const keptPeakSeconds = 1

// runBench checks all that can be checked, and then runs.
func (p *program) runBench(c *cobra.Command, f *benchFlags) error {
	if err := f.check(c.Flags()); err != nil {
		return err
	}
	picture, err := pictureFormat(f.plot)
	if err != nil {
		return err
	}
	if f.rate, err = rateOf(f.price); err != nil {
		return err
	}
	if f.rate != nil && f.rate.Currency != "USD" {
		return usageError("--price %s: its currency is %s, and bench states USD", f.price, f.rate.Currency)
	}
	lengths, err := interruptible(c.Context(), f.requestLengths)
	if err != nil {
		return err
	}
	checkpoint, config, err := p.openModel(c.Context(), f.model)
	if err != nil {
		return err
	}
	defer checkpoint.Close()
	if err := f.chooseDTypes(checkpoint); err != nil {
		return err
	}
	progress, finish := p.benchProgress()
	defer finish()
	setup := f.setup(checkpoint)
	setup.Progress = progress
	// Nearly all of the heap is weights, which stay. At Go's default of 100 % garbage could grow
	// as large as they are before it is collected.
	debug.SetGCPercent(10)
	if f.load {
		return p.benchLoad(c.Context(), f, f.newLoad(setup, lengths), config, finish)
	}
	return p.benchSweep(c.Context(), f, f.newSweep(setup), config, picture, finish)
}

// check finds flags that do not go together. Those that the environment or a file has set are for
// whatever command they suit.
func (f *benchFlags) check(flags *pflag.FlagSet) error {
	given := map[string]bool{}
	flags.Visit(func(flag *pflag.Flag) { given[flag.Name] = true })
	useless, why := []string{"users", "rate", "duration", "max-requests", "lengths", "seed", "max-ttft", "max-tpot"}, "--%s is of use with --load alone"
	formats := formatNames(benchmarks.Formats())
	if f.load {
		useless, why = []string{"depth", "repetitions", "plot", "price"}, "--%s is of no use with --load"
		formats = formatNames(benchmarks.LoadFormats())
	}
	for _, name := range useless {
		if given[name] {
			return usageError(why, name)
		}
	}
	if f.json {
		if given["output"] && f.output != "json" {
			return usageError("--json and --output %s are two formats", f.output)
		}
		f.output = "json"
	}
	if err := oneOf(new(string), formats).Set(f.output); err != nil {
		return usageError("--output %s: %w", f.output, err)
	}
	return nil
}

// chooseDTypes settles what auto is.
func (f *benchFlags) chooseDTypes(c *weights.Checkpoint) error {
	for i, name := range f.dtypes {
		d, err := heldAs(name, c)
		if err != nil {
			return err
		}
		f.dtypes[i] = d.String()
	}
	return nil
}

func (f *benchFlags) setup(source model.Source) benchmarks.Setup {
	s := benchmarks.Setup{Model: oneLine(f.model), Source: source, Threads: f.threads, Kernel: f.kernel,
		Cores: min(physicalCores(os.DirFS("/"), allowedCPUs()), runtime.NumCPU()), PeakTime: inSeconds(f.peakSeconds)}
	for _, d := range tensor.DTypes() {
		if slices.Contains(f.dtypes, d.String()) {
			s.DTypes = append(s.DTypes, d)
		}
	}
	if len(s.Threads) == 0 {
		s.Threads = []int{defaultThreads()}
	}
	return s
}

func (f *benchFlags) newSweep(s benchmarks.Setup) benchmarks.Sweep {
	return benchmarks.Sweep{Setup: s, Depths: f.depths, Batches: f.batches, Prompts: f.prompts, Generates: f.generates, Repetitions: f.repetitions}
}

func (f *benchFlags) newLoad(s benchmarks.Setup, lengths []benchmarks.Length) benchmarks.Load {
	l := benchmarks.Load{Setup: s, Users: f.users, Rates: f.rates, Most: f.most, Duration: inSeconds(f.duration), Lengths: lengths,
		MaxBatch: slices.Max(f.batches), Seed: uint64(f.seed),
		Limits: benchmarks.Limits{FirstToken: inSeconds(f.maxTTFT), PerToken: inSeconds(f.maxTPOT)}}
	if len(f.users)+len(f.rates) == 0 {
		l.Users = []int{1}
	}
	if peaks := knownPeaks(); !f.fresh && f.peakSeconds > 0 && covers(peaks, s.Threads) {
		l.Peaks = peaks
	}
	return l
}

// covers tells whether all limits have peaks on these numbers of threads.
func covers(peaks *meter.Peaks, threads []int) bool {
	for _, n := range threads {
		for _, limit := range meter.Limits {
			if _, ok := peaks.Best(limit, n); !ok {
				return false
			}
		}
	}
	return true
}

func inSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (p *program) benchSweep(ctx context.Context, f *benchFlags, s benchmarks.Sweep, c model.Config, picture string, finish func()) error {
	if err := s.Check(c); err != nil {
		return usageError("%w", err)
	}
	if err := benchMemory(f.model, s.Memory(c)); err != nil {
		return err
	}
	r, err := s.Run(ctx)
	finish()
	if r == nil {
		return benchError(f.model, err)
	}
	r.SetPrice(f.rate)
	if err := writeAs(r, benchmarks.Formats(), f.output, p.stdout); err != nil {
		return err
	}
	if f.rate != nil && strings.HasPrefix(f.rate.Price, price.ExamplePrefix) {
		p.notice("%s is an example: not all of its figures have been looked up", f.rate.Price)
	}
	if picture != "" && len(r.Results) > 0 {
		drawn, err := r.Picture(picture)
		if err != nil {
			return err
		}
		if err := writeWhole("--plot", f.plot, drawn); err != nil {
			return err
		}
	}
	if err != nil {
		return errInterrupted
	}
	if f.peakSeconds >= keptPeakSeconds {
		p.keepPeaks(r.Measured, f.fresh)
	}
	return nil
}

func (p *program) benchLoad(ctx context.Context, f *benchFlags, l benchmarks.Load, c model.Config, finish func()) error {
	if err := l.Check(c); err != nil {
		return usageError("%w", err)
	}
	if err := benchMemory(f.model, l.Memory(c)); err != nil {
		return err
	}
	r, err := l.Run(ctx)
	finish()
	if r == nil {
		return benchError(f.model, err)
	}
	if err := writeAs(r, benchmarks.LoadFormats(), f.output, p.stdout); err != nil {
		return err
	}
	if err != nil {
		return errInterrupted
	}
	if f.peakSeconds >= keptPeakSeconds && l.Peaks == nil {
		p.keepPeaks(r.Measured, f.fresh)
	}
	return nil
}

// benchMemory refuses a run that does not fit: Go cannot recover from running out of memory.
func benchMemory(name string, need int64) error {
	available, known := memoryAvailable(os.DirFS("/"))
	if !known || need <= available {
		return nil
	}
	return errorWithHint(&failure{
		error: fmt.Errorf("%s: the benchmark needs %s of memory and %s are available", oneLine(name), bytesText(need), bytesText(available)),
		code:  exitExhausted,
	}, "a smaller --batch or --depth, or a smaller model, needs less")
}

// benchError gives an error of a run its exit code.
func benchError(name string, err error) error {
	var files *benchmarks.ModelError
	switch {
	case errors.As(err, &files):
		return unusable(err)
	case errors.Is(err, engine.ErrLogits):
		return unusable(fmt.Errorf("%s: %w", name, err))
	}
	return err
}

// writeAs writes a report in the format of that name.
func writeAs[R any](r *R, formats []benchmarks.Format[R], name string, w io.Writer) error {
	i := slices.IndexFunc(formats, func(f benchmarks.Format[R]) bool { return f.Name == name })
	return formats[i].Write(r, w)
}

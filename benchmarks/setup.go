package benchmarks

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// A Setup is what runs are of: a model, in each of some formats, on each of some numbers of
// threads.
type Setup struct {
	Model   string // its name, for the report
	Source  model.Source
	DTypes  []tensor.DType
	Threads []int
	Kernel  string // of tensor.Kernels, or "auto"
	Cores   int    // of the machine, for the report

	PeakTime time.Duration // for each probe and number of threads, all samples together; 0: no peaks
	Progress Progress
}

// Progress is told what is going on, and how much of the whole is done.
type Progress func(what string, done, whole float64)

func (s Setup) progress(what string, done, whole float64) {
	if s.Progress != nil {
		s.Progress(what, done, whole)
	}
}

// peakSamples is how many samples of each probe are measured.
const peakSamples = 5

// A stage is a Setup that is ready to run.
type stage struct {
	Setup
	config model.Config
	pools  map[int]*tensor.Pool // by number of threads
	execs  map[int]*tensor.Exec
	peaks  *meter.Peaks
}

func (s Setup) open() (*stage, error) {
	config, err := model.ParseConfig(s.Source.Config())
	if err != nil {
		return nil, err
	}
	st := &stage{Setup: s, config: config, pools: map[int]*tensor.Pool{}, execs: map[int]*tensor.Exec{}, peaks: meter.NewPeaks()}
	for _, n := range s.Threads {
		st.pools[n] = tensor.NewPool(n)
		if st.execs[n], err = tensor.NewExec(st.pools[n], s.Kernel); err != nil {
			st.close()
			return nil, err
		}
	}
	return st, nil
}

func (s *stage) close() {
	for _, pool := range s.pools {
		pool.Close()
	}
}

// A ModelError is the fault of the model's files.
type ModelError struct{ Err error }

func (e *ModelError) Error() string { return e.Err.Error() }
func (e *ModelError) Unwrap() error { return e.Err }

// load loads the model with its weights as d. Those that nobody holds any longer are given back before:
// they lie outside Go's heap, by which the collector goes.
func (s *stage) load(ctx context.Context, d tensor.DType) (*model.Model, error) {
	runtime.GC()
	m, err := model.Load(s.execs[slices.Max(s.Threads)], interruptible{ctx, s.Source}, d, nil)
	if err != nil && ctx.Err() == nil {
		err = &ModelError{err}
	}
	return m, err
}

// interruptible is a source that gives out nothing more when ctx has ended.
type interruptible struct {
	ctx context.Context
	model.Source
}

func (i interruptible) Tensor(name string, shape ...int) (tensor.Elements, error) {
	if err := i.ctx.Err(); err != nil {
		return nil, err
	}
	return i.Source.Tensor(name, shape...)
}

// samplePeaks takes one sample of each probe on each number of threads.
func (s *stage) samplePeaks(ctx context.Context, progress func(what string)) error {
	for _, n := range s.Threads {
		for _, probe := range meter.Probes() {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress(fmt.Sprintf("peak %s on %s", probe.Name(), threadsText(n)))
			s.peaks.Measure(s.pools[n], probe, s.PeakTime/peakSamples)
		}
	}
	return nil
}

// withMargin adds what every run takes to the memory that is in use: what is garbage before it is
// collected, and what the peak of reading is measured with.
func (s Setup) withMargin(bytes int64) int64 {
	bytes += bytes / 10
	if s.PeakTime > 0 {
		bytes += int64(tensor.ReadStream(slices.Max(s.Threads)))
	}
	return bytes
}

func threadsText(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", n)
}

package benchmarks

import (
	"runtime"
	"slices"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
)

// A Report states what a sweep has measured. Seconds, bytes and operations are plain; the unit is
// in the name. A pointer is nil, and null in JSON, where nothing was measured.
type Report struct {
	Version     int      `json:"version"` // of these fields
	Machine     Machine  `json:"machine"`
	Model       Model    `json:"model"`
	Price       *string  `json:"price"`       // by whose figures tokens cost what they do
	Interrupted bool     `json:"interrupted"` // not all that was asked for is there
	Results     []Result `json:"results"`

	Measured *meter.Peaks `json:"-"` // all samples behind the machine's peaks
}

// A Machine is what the results are of.
type Machine struct {
	CPU         *string   `json:"cpu"`
	Cores       int       `json:"cores"` // physical ones, that this process may use
	MemoryBytes *int64    `json:"memory_bytes"`
	OS          string    `json:"os"`
	Arch        string    `json:"arch"`
	Kernel      string    `json:"kernel"`
	Go          string    `json:"go"`
	Date        time.Time `json:"date"` // of the report
	Peaks       Peaks     `json:"peaks"`
}

// Peaks are the machine's on the most threads of the run; all are in ByThreads.
type Peaks struct {
	PeakRates
	ByThreads []PeakRates `json:"by_threads"`
}

// PeakRates are the fastest samples of the fastest probes on so many threads.
type PeakRates struct {
	Threads   int      `json:"threads"`
	F32       *float64 `json:"f32_flops_per_second"`
	Int8      *float64 `json:"int8_ops_per_second"`
	Read      *float64 `json:"read_bytes_per_second"`
	Spread    *float64 `json:"spread"`    // of the three, the largest fastest over slowest sample; null of single samples
	SpreadOf  *string  `json:"spread_of"` // its limit: "f32", "int8" or "read"
	Disturbed bool     `json:"disturbed"` // Spread is more than 1.10
}

// A Model is what was run.
type Model struct {
	Name       string `json:"name"`
	Parameters int64  `json:"parameters"`
	Context    int    `json:"context"`
}

// A Result states a test. Operations, bytes and seconds are of one repetition, the whole batch;
// all rates are by its median time.
type Result struct {
	Test            string     `json:"test"`
	Phase           string     `json:"phase"`
	DType           string     `json:"dtype"`
	Batch           int        `json:"batch"`
	Threads         int        `json:"threads"`
	Depth           int        `json:"depth"`
	Tokens          int        `json:"tokens"`       // of the whole batch
	WeightBytes     int64      `json:"weight_bytes"` // of the model, as held
	Seconds         float64    `json:"seconds"`
	TokensPerSecond Statistics `json:"tokens_per_second"` // of the whole batch

	Flops          int64   `json:"flops"`
	FlopsPerSecond float64 `json:"flops_per_second"`
	Bytes          int64   `json:"bytes"`      // read and written
	BytesRead      int64   `json:"bytes_read"` // of them
	BytesPerSecond float64 `json:"bytes_per_second"`
	meter.Shares

	USDPerMillionTokens *float64  `json:"usd_per_million_tokens"`
	Date                time.Time `json:"date"` // of the last repetition
}

func newReport(r *runner, interrupted bool) *Report {
	report := &Report{Version: reportVersion, Machine: r.machine(), Model: r.model(), Interrupted: interrupted, Results: []Result{}, Measured: r.peaks}
	for _, o := range r.finished {
		if len(o.samples) > 0 {
			report.Results = append(report.Results, o.result(r.peaks, r.config))
		}
	}
	return report
}

// SetPrice states what a million tokens cost on a machine that does nothing else and is never idle,
// where a busy second costs what rate says, in USD; a nil rate says nothing.
func (r *Report) SetPrice(rate *meter.Rate) {
	const million = 1e6
	if rate == nil || rate.Currency != "USD" {
		return
	}
	r.Price = &rate.Price
	second, _ := rate.Busy.Float64()
	for i := range r.Results {
		usd := second * million / r.Results[i].TokensPerSecond.Median
		r.Results[i].USDPerMillionTokens = &usd
	}
}

func (s *stage) model() Model {
	return Model{Name: s.Model, Parameters: s.config.Parameters(), Context: s.config.Positions}
}

func (s *stage) machine() Machine {
	of := s.peaks.Machine()
	m := Machine{Cores: s.Cores, OS: of.OS, Arch: of.Arch, Kernel: s.execs[s.Threads[0]].Kernel(), Go: runtime.Version(), Date: time.Now().UTC()}
	if of.CPU != "" {
		m.CPU = &of.CPU
	}
	if of.MemoryBytes > 0 {
		m.MemoryBytes = &of.MemoryBytes
	}
	for _, n := range slices.Sorted(slices.Values(s.Threads)) {
		m.Peaks.PeakRates = peakRates(s.peaks, n)
		m.Peaks.ByThreads = append(m.Peaks.ByThreads, m.Peaks.PeakRates)
	}
	return m
}

func peakRates(p *meter.Peaks, threads int) PeakRates {
	r := PeakRates{Threads: threads, Disturbed: p.Disturbed(threads)}
	for i, to := range []**float64{&r.F32, &r.Int8, &r.Read} {
		limit := meter.Limits[i]
		best, ok := p.Best(limit, threads)
		if !ok {
			continue
		}
		rate, spread := best.Rate(), best.Spread()
		*to = &rate
		if len(best.Samples) > 1 && (r.Spread == nil || spread > *r.Spread) {
			r.Spread, r.SpreadOf = &spread, &limit
		}
	}
	return r
}

func (o outcome) result(p *meter.Peaks, c model.Config) Result {
	var rates []float64
	for _, s := range o.samples {
		rates = append(rates, float64(o.tokens())/s.time.Seconds())
	}
	one := o.samples[0] // all have the same count
	total := one.work.Total()
	r := Result{
		Test: o.Name(), Phase: o.Phase.String(), DType: o.DType.String(), Batch: o.Batch, Threads: o.Threads, Depth: o.Depth,
		Tokens: o.tokens(), WeightBytes: c.WeightBytes(o.DType), TokensPerSecond: statistics(rates),
		Flops: total.Products + total.Elementwise, Bytes: total.Read + total.Written, BytesRead: total.Read, Date: o.date.UTC(),
	}
	r.Seconds = float64(r.Tokens) / r.TokensPerSecond.Median
	r.FlopsPerSecond = float64(r.Flops) / r.Seconds
	r.BytesPerSecond = float64(r.Bytes) / r.Seconds
	r.Shares = p.Shares(one.work, o.DType, o.Threads, total.Read/one.steps, time.Duration(r.Seconds*float64(time.Second)))
	return r
}

package meter

import (
	"slices"
	"time"

	"github.com/gptmeter/gptmeter/tensor"
)

// A Peak is what one probe has reached on so many threads.
type Peak struct {
	Limit   string    `json:"limit"` // of a tensor.Probe: "f32", "int8" or "read"
	Kernel  string    `json:"kernel"`
	Unit    string    `json:"unit"` // of the samples
	Threads int       `json:"threads"`
	Samples []float64 `json:"samples"` // in the order in which they were measured
	Date    time.Time `json:"date"`    // of the last
}

// Rate is the peak: the fastest sample, as STREAM has it (McCalpin 1995). A limit is what the
// machine can do; whatever disturbs it only takes away from that.
func (p Peak) Rate() float64 { return slices.Max(p.Samples) }

// Spread is the fastest sample over the slowest.
func (p Peak) Spread() float64 { return slices.Max(p.Samples) / slices.Min(p.Samples) }

// Disturbed tells whether the samples differ by more than 10 %: something else was using the
// machine, or its clock changed, and what ran between them ran on another machine each time.
func (p Peak) Disturbed() bool { return p.Spread() > 1.10 }

// Peaks are what this machine has reached.
type Peaks struct {
	machine Machine
	list    []Peak
}

// NewPeaks returns the Peaks of this machine, none of which is measured yet.
func NewPeaks() *Peaks { return &Peaks{machine: ThisMachine()} }

// List lists the peaks in the order in which they were first measured.
func (p *Peaks) List() []Peak { return slices.Clone(p.list) }

// Machine is whose peaks they are.
func (p *Peaks) Machine() Machine { return p.machine }

// Probes are those that set the machine's limits: all in assembly, and for a limit that has none
// the portable one.
func Probes() (probes []tensor.Probe) {
	const portable = "pure"
	assembly := map[string]bool{}
	for _, p := range tensor.Probes() {
		assembly[p.Limit] = assembly[p.Limit] || p.Kernel != portable
	}
	for _, p := range tensor.Probes() {
		if p.Kernel != portable || !assembly[p.Limit] {
			probes = append(probes, p)
		}
	}
	return probes
}

// Measure runs a probe on the pool for about d and adds a sample.
func (p *Peaks) Measure(pool *tensor.Pool, probe tensor.Probe, d time.Duration) {
	p.add(Peak{Limit: probe.Limit, Kernel: probe.Kernel, Unit: probe.Unit, Threads: pool.Workers(),
		Samples: []float64{pool.Measure(probe, d)}, Date: time.Now().UTC()})
}

// add takes a peak in, or adds its samples to those of its probe.
func (p *Peaks) add(q Peak) {
	if old := p.find(q); old != nil {
		old.Samples = append(old.Samples, q.Samples...)
		old.Date = q.Date
		return
	}
	p.list = append(p.list, q)
}

// find finds the peak of the same probe on as many threads.
func (p *Peaks) find(q Peak) *Peak {
	for i := range p.list {
		if o := &p.list[i]; o.Limit == q.Limit && o.Kernel == q.Kernel && o.Threads == q.Threads {
			return o
		}
	}
	return nil
}

// Best is the peak of the probe of a limit that is the fastest on so many threads.
func (p *Peaks) Best(limit string, threads int) (best Peak, ok bool) {
	if p == nil {
		return best, false
	}
	for _, q := range p.list {
		if q.Limit == limit && q.Threads == threads && (!ok || q.Rate() > best.Rate()) {
			best, ok = q, true
		}
	}
	return best, ok
}

// Disturbed tells whether one of the best peaks on so many threads is.
func (p *Peaks) Disturbed(threads int) bool {
	return slices.ContainsFunc(Limits, func(limit string) bool {
		best, ok := p.Best(limit, threads)
		return ok && best.Disturbed()
	})
}

// Limits are those that probes measure.
var Limits = []string{"f32", "int8", "read"}

// Update takes in peaks that were measured later. One that was disturbed does not replace one
// that was not.
func (p *Peaks) Update(later *Peaks) {
	for _, q := range later.list {
		switch old := p.find(q); {
		case old == nil:
			p.list = append(p.list, q)
		case old.Disturbed() || !q.Disturbed():
			*old = q
		}
	}
}

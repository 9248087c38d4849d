package meter

import (
	"time"

	"github.com/gptmeter/gptmeter/tensor"
)

// A Source says where a figure comes from.
type Source string

// The sources. A figure that nothing could measure is unmeasured, never zero.
const (
	Measured   Source = "measured"
	Estimated  Source = "estimated"
	Configured Source = "configured"
	Unmeasured Source = "unmeasured"
)

// A Setting is what a request ran on.
type Setting struct {
	Kernel   string       // of tensor.Kernels
	DType    tensor.DType // of the weights
	Threads  int
	Peaks    *Peaks        // of this machine; nil where they are not measured
	LoadTime time.Duration // of the weights, which no request is charged for
	Sections []string      // names of the sections that legs are to state, nil for none
	Watts    float64       // what the busy machine takes, for want of a measurement; 0 if unknown
	Rate     *Rate         // what the machine costs; nil if unknown
}

// A Report states what a request caused. Counts are integers, seconds and bytes plain; the unit is
// in the name. A pointer is nil, and null in JSON, where there is nothing to state.
type Report struct {
	Kernel  string `json:"kernel"`
	DType   string `json:"dtype"`
	Threads int    `json:"threads"`

	Prefill Leg `json:"prefill"`
	Decode  Leg `json:"decode"`

	OtherSeconds   float64 `json:"other_seconds"`   // machine time outside operators
	LoadSeconds    float64 `json:"load_seconds"`    // of the weights, not part of the request
	MachineSeconds float64 `json:"machine_seconds"` // both legs' and other
	WallSeconds    float64 `json:"wall_seconds"`    // from submission to the end, or so far

	TimeToFirstTokenSeconds   *float64    `json:"time_to_first_token_seconds"`
	TimePerOutputTokenSeconds *float64    `json:"time_per_output_token_seconds"` // (last − first)/(n − 1)
	InterTokenSeconds         *InterToken `json:"inter_token_seconds"`           // nil below two tokens

	Energy Energy `json:"energy"`
	Cost   Cost   `json:"cost"`
}

// A Leg states what one phase of a request caused.
type Leg struct {
	Tokens         int64   `json:"tokens"`          // that went through the model
	WallSeconds    float64 `json:"wall_seconds"`    // from the begin of its first step to the end of its last
	MachineSeconds float64 `json:"machine_seconds"` // its share of the operators' time

	Counts
	FlopsPerSecond *float64 `json:"flops_per_second"` // by machine seconds
	BytesPerSecond *float64 `json:"bytes_per_second"`
	Shares

	Operators []Operator `json:"operators"`
	Sections  []Section  `json:"sections,omitzero"` // where Setting names them
}

// A Section states what one part of the model did in a leg: those of a leg add up to it.
type Section struct {
	Section        string  `json:"section"`
	MachineSeconds float64 `json:"machine_seconds"`
	Counts
	Operators []Operator `json:"operators"`
}

// InterToken has percentiles of the times from one token of a choice to its next: of all of them
// sorted, the one of nearest rank, ⌈count·p/100⌉ from 1.
type InterToken struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
}

// Counts is what was counted.
type Counts struct {
	ProductFlops     int64 `json:"product_flops"`
	ElementwiseFlops int64 `json:"elementwise_flops"`
	Flops            int64 `json:"flops"` // the two together
	PaddingFlops     int64 `json:"padding_flops"`
	SpecialOps       int64 `json:"special_ops"`
	BytesRead        int64 `json:"bytes_read"`
	BytesWritten     int64 `json:"bytes_written"`
}

// An Operator states what one operator did in a leg.
type Operator struct {
	Operator string `json:"operator"`
	Calls    int64  `json:"calls"` // in which the request had a part
	Counts
	WallSeconds *float64 `json:"wall_seconds"` // null for work inside another operator
	BusySeconds *float64 `json:"busy_seconds"` // of all threads together
	FusedInto   *string  `json:"fused_into"`   // that operator
}

// Energy states what a request took from the mains.
type Energy struct {
	Joules *float64 `json:"joules"`
	Source Source   `json:"source"`
}

// Report states the account.
func (a *Account) Report(s Setting) Report {
	r := Report{
		Kernel: s.Kernel, DType: s.DType.String(), Threads: s.Threads,
		Prefill:        a.legs[Prefill].report(s),
		Decode:         a.legs[Decode].report(s),
		OtherSeconds:   a.other.Seconds(),
		LoadSeconds:    s.LoadTime.Seconds(),
		MachineSeconds: a.MachineTime().Seconds(),
		WallSeconds:    (a.until - a.submitted).Seconds(),
		Energy:         a.energyWith(s.Watts),
		Cost:           a.costAt(s.Rate),
	}
	if wait, ok := a.firstToken(); ok {
		r.TimeToFirstTokenSeconds = seconds(wait)
	}
	if gaps := a.gaps(); len(gaps) > 0 {
		r.TimePerOutputTokenSeconds = seconds(mean(gaps))
		r.InterTokenSeconds = &InterToken{Count: len(gaps), P50: percentile(gaps, 50).Seconds(),
			P90: percentile(gaps, 90).Seconds(), P99: percentile(gaps, 99).Seconds()}
	}
	return r
}

func (l *leg) report(s Setting) Leg {
	work := l.work()
	total := work.Total()
	out := Leg{
		Tokens:         l.tokens,
		WallSeconds:    (l.end - l.begin).Seconds(),
		MachineSeconds: total.Wall.Seconds(),
		Counts:         counts(total.Count),
		Operators:      operators(work),
	}
	if total.Wall > 0 {
		out.FlopsPerSecond = rate(out.Flops, total.Wall)
		out.BytesPerSecond = rate(out.BytesRead+out.BytesWritten, total.Wall)
		out.Shares = s.Peaks.Shares(work, s.DType, s.Threads, l.stepBytes/l.steps, total.Wall)
	}
	if s.Sections != nil {
		out.Sections = []Section{}
		for i, w := range l.sections {
			total := w.Total()
			out.Sections = append(out.Sections, Section{Section: s.Sections[i], MachineSeconds: total.Wall.Seconds(),
				Counts: counts(total.Count), Operators: operators(w)})
		}
	}
	return out
}

// operators lists those that did something.
func operators(work tensor.Work) []Operator {
	lines := []Operator{}
	for o, w := range work {
		if w.Calls == 0 {
			continue
		}
		line := Operator{Operator: tensor.Operator(o).String(), Calls: w.Calls, Counts: counts(w.Count)}
		if host, fused := tensor.Operator(o).FusedInto(); fused {
			name := host.String()
			line.FusedInto = &name
		} else {
			line.WallSeconds, line.BusySeconds = seconds(w.Wall), seconds(w.Busy)
		}
		lines = append(lines, line)
	}
	return lines
}

func counts(c tensor.Count) Counts {
	return Counts{
		ProductFlops: c.Products, ElementwiseFlops: c.Elementwise, Flops: c.Products + c.Elementwise,
		PaddingFlops: c.Padding, SpecialOps: c.Special, BytesRead: c.Read, BytesWritten: c.Written,
	}
}

func seconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}

func rate(n int64, d time.Duration) *float64 {
	r := float64(n) / d.Seconds()
	return &r
}

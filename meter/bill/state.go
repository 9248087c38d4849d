package bill

import (
	"fmt"
	"math/big"

	"github.com/gptmeter/gptmeter/meter"
)

// throughput states which results were chosen, and how fast they say a machine is.
func (s settled) throughput() Throughput {
	t := Throughput{PrefillTokensPerSecond: float(s.in.Rates.Prefill), DecodeTokensPerSecond: float(s.in.Rates.Decode), Source: s.source(),
		Prefill: &s.prefill.Choice, Decode: &s.decode.Choice, Machine: &s.Machine, Model: s.Model, Scale: float(s.scale)}
	p := s.in.Rates.pace(s.mean[0], s.decode.Batch)
	tpot := float(p.tpot)
	t.TPOTSeconds = &tpot
	if s.mean[0].Sign() > 0 {
		ttft := float(p.ttft)
		t.TTFTSeconds = &ttft
	}
	return t
}

// Kinds of loads.
const (
	ofRequests    = "requests"
	ofUtilization = "utilization"
)

// load states the demand.
func (s settled) load() Load {
	l := Load{Kind: ofUtilization, Source: meter.Configured, BusySeconds: NewAmount(s.in.busySeconds())}
	if s.Limits.TTFT > 0 {
		l.MaxTTFT = &s.Limits.TTFT
	}
	if s.Limits.TPOT > 0 {
		l.MaxTPOT = &s.Limits.TPOT
	}
	if len(s.Lengths) > 0 {
		l.PromptTokens, l.CompletionTokens = NewAmount(s.mean[0]), NewAmount(s.mean[1])
	}
	if most := 100; len(s.Lengths) > 1 && len(s.Lengths) <= most {
		l.Histogram = s.Lengths
	}
	if s.in.Demand.Requests == nil {
		return l
	}
	l.Kind, l.RequestsPerDay = ofRequests, NewAmount(s.in.Demand.Requests)
	l.PeakBusySeconds = NewAmount(s.in.peakBusy())
	l.CurveName = s.Curve.Name
	for _, share := range s.Curve.Shares {
		l.Curve = append(l.Curve, float(share))
	}
	if s.Logged != nil {
		l.Source = meter.Measured
		l.Logged = NewAmount(quo(mul(exact(*s.Logged), s.in.Demand.Requests), s.count()))
	}
	concurrency := float(s.concurrency())
	l.PeakConcurrency = &concurrency
	return l
}

// concurrency is how many requests a machine that is not spare has at once in the peak hour, in the
// mean: those that come in a second, times the seconds that each stays (Little 1961), which are
// prompt / prefill rate + completion × batch / decode rate.
func (s settled) concurrency() *big.Rat {
	d := s.in.Demand
	machines := s.in.working()
	if machines.Sign() == 0 {
		return new(big.Rat)
	}
	stays := add(quo(d.PromptTokens, s.in.Rates.Prefill), quo(mul(d.CompletionTokens, whole(int64(s.decode.Batch))), s.in.Rates.Decode))
	return quo(mul(stays, d.PeakShare), mul(machines, whole(hour)))
}

// remarks say what the figures do not.
func (s settled) remarks(a *Answer) []string {
	list := s.Price.Remarks()
	for i, o := range s.Compare {
		list = append(list, o.Price.Remarks()...)
		if a.Comparison[i].Throughput.Source != meter.Measured && s.source() == meter.Measured {
			list = append(list, o.Price.Name+"'s throughput is estimated, in proportion to cores")
		}
	}
	if s.scale.Cmp(one) != 0 {
		list = append(list, fmt.Sprintf("throughput is estimated: measured on %d cores, times %s for the price's", s.Machine.Cores, three(s.scale)))
	}
	if c := a.Load.PeakConcurrency; c != nil && s.decode.Batch > 1 && *c < float64(s.decode.Batch) {
		remark := fmt.Sprintf("in the peak hour a machine has %s requests at once in the mean, fewer than the batch of %d whose rate is taken: it will be slower, and dearer",
			three(exact(*c)), s.decode.Batch)
		if near := s.nearBatch(*c); near < s.decode.Batch {
			remark += fmt.Sprintf("; --batch %d is nearer", near)
		}
		list = append(list, remark)
	}
	if l := a.Load; l.Logged != nil {
		list = append(list, fmt.Sprintf("when the log's requests ran they took %s machine seconds a day; by the throughput taken here they take %s",
			three(&l.Logged.Rat), three(&l.BusySeconds.Rat)))
	}
	list = append(list, s.Measured.Remarks...)
	if l := a.Load; l.MaxTTFT != nil || l.MaxTPOT != nil {
		list = append(list, "latency is estimated for a request of mean length that waits for no other")
	}
	return list
}

// nearBatch is the smallest measured batch that so many requests do not exceed.
func (s settled) nearBatch(concurrency float64) int {
	for _, b := range s.sizes {
		if float64(b) >= concurrency {
			return b
		}
	}
	return s.decode.Batch
}

// batches set the measured batches side by side.
func (s settled) batches(m chosen) []Batch {
	list := []Batch{}
	for _, size := range batches(m.decode) {
		t := m.generation(size, float(s.mean[1]))
		in := s.in
		in.Rates = s.rates(t)
		p := in.Rates.pace(s.mean[0], size)
		b := Batch{Batch: size, DecodeTokensPerSecond: float(in.Rates.Decode), TPOTSeconds: float(p.tpot),
			Meets: s.Limits.meets(p), Chosen: size == s.decode.Batch}
		if s.mean[0].Sign() > 0 {
			ttft := float(p.ttft)
			b.TTFTSeconds = &ttft
		}
		if in.Check() != nil {
			continue
		}
		bill := in.bill()
		b.Machines, b.Total = bill.machines.Num().Int64(), NewAmount(bill.total())
		b.PerMillionCompletionTokens = NewAmount(quo(mul(in.machineSecond(), whole(million)), in.Rates.Decode))
		list = append(list, b)
	}
	return list
}

func (q Query) roofline() *Roofline {
	r := q.Peaks
	r.Tests = []RooflinePoint{}
	for _, t := range q.Tests {
		if t.BytesRead > 0 && t.FlopsPerSecond > 0 {
			r.Tests = append(r.Tests, RooflinePoint{Choice: t.Choice, FlopsPerByte: t.Flops / t.BytesRead, FlopsPerSecond: t.FlopsPerSecond,
				OfPeak: t.OfPeak, OfBandwidth: t.OfBandwidth})
		}
	}
	return &r
}

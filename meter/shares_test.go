package meter

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gptmeter/gptmeter/tensor"
)

// Peaks of 1000 FLOP/s and 500 B/s on two threads, a cache of 600 bytes, and two seconds of work.
func TestShares(t *testing.T) {
	var work tensor.Work
	work[tensor.Linear].Count = tensor.Count{Products: 900, Elementwise: 60, Padding: 5000, Read: 300, Written: 999}
	work[tensor.Attention].Count = tensor.Count{Products: 30, Special: 777, Read: 100}
	work[tensor.Unembed].Count = tensor.Count{Products: 10, Read: 200}
	all := map[string][]float64{"f32": {900, 1000}, "read": {500}}
	share := func(x float64) *float64 { return &x }
	word := func(s string) *string { return &s }

	for _, test := range []struct {
		name      string
		peaks     map[string][]float64
		threads   int
		stepBytes int64
		cache     int64
		d         time.Duration
		want      Shares
	}{
		{"both", all, 2, 601, 600, 2 * time.Second, Shares{share(0.5), share(0.6), word("memory")}},
		{"bound by compute", map[string][]float64{"f32": {500}, "read": {500}}, 2, 601, 600, 2 * time.Second, Shares{share(1), share(0.6), word("compute")}},
		{"from the cache", all, 2, 600, 600, 2 * time.Second, Shares{OfPeak: share(0.5)}},
		{"a cache of unknown size", all, 2, 601, 0, 2 * time.Second, Shares{OfPeak: share(0.5)}},
		{"reading alone", map[string][]float64{"read": {500}}, 2, 601, 600, 2 * time.Second, Shares{OfBandwidth: share(0.6)}},
		{"other threads", all, 1, 601, 600, 2 * time.Second, Shares{}},
		{"no time", all, 2, 601, 600, 0, Shares{}},
	} {
		p := made(test.peaks)
		p.machine.L1Bytes, p.machine.L2Bytes, p.machine.L3Bytes = test.cache/10, test.cache, 0
		if d := cmp.Diff(test.want, p.Shares(work, tensor.F32, test.threads, test.stepBytes, test.d)); d != "" {
			t.Errorf("%s: %s", test.name, d)
		}
	}
	var none *Peaks
	if d := cmp.Diff(Shares{}, none.Shares(work, tensor.F32, 2, 601, time.Second)); d != "" {
		t.Errorf("no peaks: %s", d)
	}
}

// A leg is set beside the peaks by its own work and time; what a step reads is the mean over its
// steps, whoever shared them.
func TestLegShares(t *testing.T) {
	p := made(map[string][]float64{"f32": {1000}, "read": {500}})
	p.machine.L1Bytes, p.machine.L2Bytes, p.machine.L3Bytes = 0, 0, 600
	var work tensor.Work
	work[tensor.Linear] = tensor.OperatorWork{Calls: 1, Wall: time.Second, Count: tensor.Count{Products: 250, Read: 50}}
	a := NewAccount(0, 1)
	a.Add(Prefill, 1, []tensor.Work{work}, 0, Step{End: time.Second, Read: 500})
	a.Add(Prefill, 1, []tensor.Work{work}, 0, Step{End: time.Second, Read: 702})
	a.Add(Decode, 1, []tensor.Work{work}, 0, Step{End: time.Second, Read: 599})
	r := a.Report(Setting{Threads: 2, Peaks: p})
	if s := r.Prefill.Shares; *s.OfPeak != 0.25 || *s.OfBandwidth != 0.1 || *s.Bound != BoundCompute {
		t.Errorf("prefill: %v, %v, %v", *s.OfPeak, *s.OfBandwidth, *s.Bound)
	}
	if s := r.Decode.Shares; *s.OfPeak != 0.25 || s.OfBandwidth != nil || s.Bound != nil {
		t.Errorf("decode: %v, %v, %v", *s.OfPeak, s.OfBandwidth, s.Bound)
	}
}

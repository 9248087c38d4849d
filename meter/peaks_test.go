package meter

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gptmeter/gptmeter/tensor"
)

// made are peaks that nothing has measured: samples by limit, all on two threads.
func made(samples map[string][]float64) *Peaks {
	p := NewPeaks()
	for _, limit := range Limits {
		if s := samples[limit]; s != nil {
			p.add(Peak{Limit: limit, Kernel: "k", Threads: 2, Samples: s})
		}
	}
	return p
}

// Every limit has a probe; portable ones stand for a limit only where there are no others.
func TestProbes(t *testing.T) {
	kernels := map[string][]string{}
	for _, p := range Probes() {
		kernels[p.Limit] = append(kernels[p.Limit], p.Kernel)
	}
	for _, limit := range Limits {
		if len(kernels[limit]) == 0 {
			t.Errorf("no probe of %s", limit)
		}
		if slices.Contains(kernels[limit], "pure") && len(kernels[limit]) > 1 {
			t.Errorf("%s has a portable probe beside %v", limit, kernels[limit])
		}
	}
	if len(kernels) != len(Limits) {
		t.Errorf("probes of %v, not of %v alone", kernels, Limits)
	}
}

// Each measurement adds one sample to its probe's peak on as many threads, and to no other.
func TestMeasure(t *testing.T) {
	p := NewPeaks()
	for _, threads := range []int{1, 2, 1} {
		pool := tensor.NewPool(threads)
		for _, probe := range Probes() {
			p.Measure(pool, probe, time.Millisecond)
		}
		pool.Close()
	}
	for _, q := range p.List() {
		if want := map[int]int{1: 2, 2: 1}[q.Threads]; len(q.Samples) != want {
			t.Errorf("%s on %d threads has %d samples, want %d", q.Kernel, q.Threads, len(q.Samples), want)
		}
		if !(slices.Min(q.Samples) > 1e6) || math.IsInf(q.Rate(), 0) || time.Since(q.Date) > time.Hour {
			t.Errorf("%+v", q)
		}
	}
	if want := 2 * len(Probes()); len(p.List()) != want {
		t.Errorf("%d peaks, want %d", len(p.List()), want)
	}
	for _, limit := range Limits {
		if _, ok := p.Best(limit, 1); !ok {
			t.Errorf("no peak of %s on one thread", limit)
		}
		if _, ok := p.Best(limit, 3); ok {
			t.Errorf("a peak of %s on three threads, which was not measured", limit)
		}
	}
}

func TestBest(t *testing.T) {
	p := NewPeaks()
	p.add(Peak{Limit: "f32", Kernel: "wide", Threads: 2, Samples: []float64{90, 100, 95}})
	p.add(Peak{Limit: "f32", Kernel: "narrow", Threads: 2, Samples: []float64{101, 80}})
	p.add(Peak{Limit: "f32", Kernel: "wide", Threads: 4, Samples: []float64{200}})
	p.add(Peak{Limit: "read", Kernel: "wide", Threads: 2, Samples: []float64{500}})
	if best, ok := p.Best("f32", 2); !ok || best.Kernel != "narrow" || best.Rate() != 101 {
		t.Errorf("%+v, %v", best, ok)
	}
	var none *Peaks
	if best, ok := none.Best("f32", 2); ok {
		t.Errorf("peaks that are not there have %+v", best)
	}
}

func TestDisturbed(t *testing.T) {
	for _, test := range []struct {
		samples []float64
		spread  float64
		want    bool
	}{
		{[]float64{100}, 1, false},
		{[]float64{110, 100, 105}, 1.10, false},
		{[]float64{100, 111}, 1.11, true},
		{[]float64{100, 100, 50}, 2, true},
	} {
		p := Peak{Samples: test.samples}
		if p.Disturbed() != test.want || p.Spread() != test.spread {
			t.Errorf("%v: spread %v, disturbed %v", test.samples, p.Spread(), p.Disturbed())
		}
		if got := made(map[string][]float64{"f32": {1}, "read": test.samples}).Disturbed(2); got != test.want {
			t.Errorf("%v among others: disturbed %v", test.samples, got)
		}
	}
}

// What was measured later counts, but not if it was disturbed and what there is was not.
func TestUpdate(t *testing.T) {
	calm, other, disturbed := []float64{100, 101}, []float64{102, 103}, []float64{50, 100}
	for _, test := range []struct{ old, later, want []float64 }{
		{nil, calm, calm},
		{nil, disturbed, disturbed},
		{calm, other, other},
		{calm, disturbed, calm},
		{disturbed, calm, calm},
		{disturbed, []float64{10, 20}, []float64{10, 20}},
	} {
		p := made(map[string][]float64{"f32": test.old, "read": {7}})
		p.Update(made(map[string][]float64{"f32": test.later}))
		got, _ := p.Best("f32", 2)
		if d := cmp.Diff(test.want, got.Samples); d != "" {
			t.Errorf("%v, later %v: %s", test.old, test.later, d)
		}
		if read, ok := p.Best("read", 2); !ok || read.Rate() != 7 {
			t.Errorf("%v, later %v: the peak of reading is %+v", test.old, test.later, read)
		}
	}
}

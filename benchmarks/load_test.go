package benchmarks

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"runtime/debug"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// someLoad is of a small model on two threads, without peaks: 12 requests of two lengths.
func someLoad(t testing.TB) Load {
	return Load{Setup: someSweep(t, "synthetic:1x2x8").Setup, Users: []int{3}, Most: 12, Lengths: []Length{{20, 5}, {3, 1}}, MaxBatch: 8, Seed: 7}
}

func (l Load) config(t testing.TB) model.Config { return Sweep{Setup: l.Setup}.config(t) }

func runLoad(t *testing.T, l Load) *LoadReport {
	t.Helper()
	if err := l.Check(l.config(t)); err != nil {
		t.Fatal(err)
	}
	r, err := l.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Whatever sends them, all requests are served to their end, their times are in order, and the
// machine's time is theirs or idle.
func TestLoad(t *testing.T) {
	l := someLoad(t)
	l.Threads, l.Users, l.Rates = []int{1, 2}, []int{1, 3, 40}, []float64{300, 1e6}
	r := runLoad(t, l)
	if len(r.Loads) != 2*(3+2) || r.Interrupted {
		t.Fatalf("%d loads, interrupted %v", len(r.Loads), r.Interrupted)
	}
	for i, x := range r.Loads {
		wantUsers, wantRate := []int{1, 3, 40, 0, 0}[i%5], []float64{0, 0, 0, 300, 1e6}[i%5]
		switch {
		case wantUsers > 0 && (x.Arrivals != "closed" || *x.Users != wantUsers || x.Rate != nil || x.Seed != nil),
			wantRate > 0 && (x.Arrivals != "poisson" || *x.Rate != wantRate || x.Users != nil || *x.Seed != 7),
			x.Threads != 1+i/5 || x.DType != "f32" || x.MaxBatch != 8:
			t.Errorf("load %d is %+v", i, x)
		}
		if x.Requests != 12 || x.Unfinished != 0 || x.PromptTokens != 6*23 || x.CompletionTokens != 6*6 {
			t.Errorf("%s: %d requests, %d unfinished, %d and %d tokens", x.name(), x.Requests, x.Unfinished, x.PromptTokens, x.CompletionTokens)
		}
		checkTimes(t, x)
		s := x.MachineSeconds
		if math.Abs(s.Requests+s.Idle-s.Run) > 1e-6 || s.Idle < 0 || s.Run != x.Seconds {
			t.Errorf("%s: %v machine seconds of requests and %v idle are not %v of %v", x.name(), s.Requests, s.Idle, s.Run, x.Seconds)
		}
		if x.Good != nil || x.Goodput != nil || x.OfPeak != nil || x.Flops <= 0 || x.Bytes <= 0 || !(*x.FlopsPerSecond > 0) {
			t.Errorf("%s: %+v", x.name(), x)
		}
	}
}

func checkTimes(t *testing.T, x LoadResult) {
	t.Helper()
	for _, d := range []*Times{x.FirstToken, x.InterToken, x.PerToken, x.Latency} {
		if d == nil || !(d.P50 > 0 && d.P50 <= d.P90 && d.P90 <= d.P99 && d.P99 <= d.Max && d.Mean <= d.Max) {
			t.Fatalf("%s: a distribution is %+v", x.name(), d)
		}
	}
	if x.Latency.Max > x.Seconds || x.FirstToken.Max > x.Latency.Max || x.InterToken.Max > x.Latency.Max {
		t.Errorf("%s: first %v, between %v, whole %v of %v s", x.name(), x.FirstToken.Max, x.InterToken.Max, x.Latency.Max, x.Seconds)
	}
	for _, rate := range []struct{ got, want float64 }{
		{x.RequestsPerSecond, float64(x.Requests) / x.Seconds},
		{x.PromptTokensPerSecond, float64(x.PromptTokens) / x.Seconds},
		{x.CompletionTokensPerSecond, float64(x.CompletionTokens) / x.Seconds},
	} {
		if rate.got != rate.want {
			t.Errorf("%s: a rate is %v, want %v", x.name(), rate.got, rate.want)
		}
	}
}

// What a request waits for its turn is in its time to the first token. With room for one at a
// time, and all coming at once, it waits for all before it.
func TestQueue(t *testing.T) {
	l := someLoad(t)
	l.MaxBatch = 1
	st, err := l.open()
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	m, err := st.load(context.Background(), tensor.F32)
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.serve(context.Background(), m, st.execs[2], newPoisson(1e9, 1), func(float64) {})
	if err != nil {
		t.Fatal(err)
	}
	schedule := newPoisson(1e9, 1)
	for i, r := range s.requests {
		if r.arrived != schedule.at {
			t.Errorf("request %d came at %v, not %v", i, r.arrived, schedule.at)
		}
		schedule.come()
		if i > 0 && r.first < s.requests[i-1].last {
			t.Errorf("request %d has its first token before the one before it its last", i)
		}
		if r.firstToken() != r.first-r.arrived {
			t.Errorf("request %d waited %v from %v to %v", i, r.firstToken(), r.arrived, r.first)
		}
	}
	if len(s.gaps) != 6*4 {
		t.Errorf("%d gaps between tokens, want %d", len(s.gaps), 6*4)
	}
}

func TestLimits(t *testing.T) {
	r := servedRequest{arrived: 1 * time.Second, first: 3 * time.Second, last: 7 * time.Second, tokens: 5}
	for _, test := range []struct {
		limits Limits
		want   bool
	}{
		{Limits{}, true},
		{Limits{2 * time.Second, time.Second}, true},
		{Limits{2*time.Second - 1, 0}, false},
		{Limits{0, time.Second - 1}, false},
		{Limits{2 * time.Second, time.Second - 1}, false},
	} {
		if got := r.good(test.limits); got != test.want {
			t.Errorf("%+v: %v", test.limits, got)
		}
	}
	one := servedRequest{first: time.Second, last: time.Second, tokens: 1}
	if _, ok := one.perToken(); ok || !one.good(Limits{PerToken: 1}) || one.good(Limits{FirstToken: 1}) {
		t.Error("one token has no time per token, and keeps any limit on it")
	}

	l := someLoad(t)
	for _, test := range []struct {
		limit time.Duration
		good  int
	}{{1, 0}, {time.Hour, 12}} {
		l.Limits = Limits{FirstToken: test.limit}
		x := runLoad(t, l).Loads[0]
		if *x.Good != test.good || *x.Goodput != float64(test.good)/x.Seconds || *x.Limits.FirstToken != test.limit.Seconds() || x.Limits.PerToken != nil {
			t.Errorf("%v: %d good, %v a second, limits %+v", test.limit, *x.Good, *x.Goodput, x.Limits)
		}
	}
}

// Requests come for as long as they should, and a machine that then has nothing to do is idle.
func TestDuration(t *testing.T) {
	l := someLoad(t)
	l.Most, l.Duration, l.Rates = 0, 300*time.Millisecond, []float64{2}
	l.Users = []int{2}
	r := runLoad(t, l)
	closed, open := r.Loads[0], r.Loads[1]
	if closed.Seconds < 0.3 || closed.Requests < 2 {
		t.Errorf("%d requests in %v s", closed.Requests, closed.Seconds)
	}
	come := 0
	for p := newPoisson(2, 7); p.at < l.Duration; p.come() {
		come++
	}
	if open.Requests != come || open.Seconds < 0.3 || !(open.MachineSeconds.Idle > 0) {
		t.Errorf("%d requests of %d in %v s, %v of them idle", open.Requests, come, open.Seconds, open.MachineSeconds.Idle)
	}
}

func TestLoadInterrupt(t *testing.T) {
	l := someLoad(t)
	l.Users, l.Most, l.PeakTime = []int{1, 2}, 50, 5*time.Millisecond
	all := 0 // calls of a run that is not interrupted
	l.Progress = func(string, float64, float64) { all++ }
	runLoad(t, l)
	for _, at := range []int{1, all / 12, all / 6, all / 3, all / 2, 3 * all / 4} {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		l.Progress = func(what string, done, whole float64) {
			if calls++; calls == at {
				cancel()
			}
			if done < 0 || done > whole {
				t.Errorf("%v of %v are done", done, whole)
			}
		}
		r, err := l.Run(ctx)
		cancel()
		if !errors.Is(err, context.Canceled) || !r.Interrupted {
			t.Fatalf("interrupted at %d: %v, %v", at, r, err)
		}
		for i, x := range r.Loads {
			s := x.MachineSeconds
			if x.Requests < 1 || x.Unfinished > 2 || i < len(r.Loads)-1 && x.Unfinished > 0 || math.Abs(s.Requests+s.Idle-s.Run) > 1e-6 {
				t.Errorf("interrupted at %d: %+v", at, x)
			}
		}
		checkLoadFormats(t, r)
	}
}

// Peaks that are known are not measured, and those that are not are.
func TestLoadPeaks(t *testing.T) {
	l := someLoad(t)
	l.PeakTime = 5 * time.Millisecond
	measured := runLoad(t, l)
	if p := measured.Machine.Peaks; p.F32 == nil || measured.Loads[0].OfPeak == nil {
		t.Errorf("peaks %+v", p)
	}
	for _, p := range measured.Measured.List() {
		if len(p.Samples) != peakSamples {
			t.Errorf("%s %s has %d samples", p.Limit, p.Kernel, len(p.Samples))
		}
	}
	l.Peaks = measured.Measured
	if again := runLoad(t, l); again.Measured != l.Peaks || cmp.Diff(measured.Machine.Peaks, again.Machine.Peaks) != "" {
		t.Error("peaks were measured again")
	}
	l.Peaks = meter.NewPeaks()
	if p := runLoad(t, l).Machine.Peaks; p.F32 != nil {
		t.Errorf("peaks %+v", p)
	}
}

func TestCheckLoad(t *testing.T) {
	c := model.Config{Layers: 1, Heads: 1, Width: 8, Inner: 32, Positions: 64, Vocabulary: 50}
	for _, test := range []struct {
		name   string
		change func(l *Load)
		want   string // "" where it can be run
	}{
		{"as it is", func(*Load) {}, ""},
		{"a whole context", func(l *Load) { l.Lengths = []Length{{64, 1}, {1, 64}, {60, 5}} }, ""},
		{"nobody", func(l *Load) { l.Users = nil }, "there is nothing to measure"},
		{"no requests", func(l *Load) { l.Lengths = nil }, "there is nothing to measure"},
		{"no end", func(l *Load) { l.Most = 0 }, "a load without an end"},
		{"batch", func(l *Load) { l.MaxBatch = 0 }, "a batch of 0"},
		{"no prompt", func(l *Load) { l.Lengths = []Length{{1, 1}, {0, 5}} }, "request 1: 0 prompt and 5 completion tokens, where each is at least 1"},
		{"no tokens", func(l *Load) { l.Lengths = []Length{{5, 0}} }, "request 0: 5 prompt and 0 completion tokens, where each is at least 1"},
		{"long", func(l *Load) { l.Lengths = []Length{{60, 6}} }, "request 0: 60 prompt and 6 completion tokens do not fit the context of 64"},
		{"far", func(l *Load) { l.Lengths = []Length{{1, 1<<63 - 1}} }, "request 0: 1 prompt and 9223372036854775807 completion tokens do not fit the context of 64"},
	} {
		l := Load{Setup: Setup{DTypes: []tensor.DType{tensor.F32}, Threads: []int{2}}, Users: []int{1}, Most: 1, Lengths: []Length{{4, 4}}, MaxBatch: 1}
		test.change(&l)
		got := ""
		if err := l.Check(c); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestLoadMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // as the program has it
	l := someLoad(t)
	l.Setup = someSweep(t, "synthetic:4x8x128").Setup
	l.Users, l.Most, l.Lengths = []int{8}, 20, []Length{{400, 3}}
	debug.FreeOSMemory()
	before := heap()
	var most int64
	l.Progress = func(string, float64, float64) { most = max(most, heap()-before) }
	runLoad(t, l)
	most += beside(l.config(t))
	if said := l.Memory(l.config(t)); most > said || most < said/2 {
		t.Errorf("%d bytes were in use, %d were said", most, said)
	}
}

func TestLoadFails(t *testing.T) {
	l := someLoad(t)
	l.Kernel = "abacus"
	if r, err := l.Run(context.Background()); r != nil || !errors.Is(err, tensor.ErrKernel) {
		t.Errorf("%v, %v", r, err)
	}
	l.Kernel, l.Source = "auto", without{l.Source}
	var files *ModelError
	if r, err := l.Run(context.Background()); r != nil || !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &files) {
		t.Errorf("%v, %v", r, err)
	}
}

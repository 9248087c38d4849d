package engine

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gptmeter/gptmeter/meter"
)

// counters are a made-up powercap tree of two packages, one with memory, whose counters move when
// they are read and go round now and then.
type counters struct {
	fstest.MapFS
	draw  func() uint64     // microjoules, below half of limit
	at    map[string]uint64 // by file
	drawn uint64            // in all
	gone  bool              // since then no counter can be read
}

const limit = 99_999

func newCounters(seed uint64) *counters {
	random := rand.New(rand.NewPCG(seed, 0))
	c := &counters{MapFS: fstest.MapFS{}, at: map[string]uint64{}, draw: func() uint64 { return 1 + random.Uint64N(limit/2-1) }}
	for folder, name := range map[string]string{"intel-rapl:0": "package-0", "intel-rapl:0:0": "dram", "intel-rapl:1": "package-1"} {
		c.MapFS[folder+"/name"] = &fstest.MapFile{Data: []byte(name + "\n")}
		c.MapFS[folder+"/max_energy_range_uj"] = &fstest.MapFile{Data: fmt.Appendln(nil, limit)}
		c.MapFS[folder+"/energy_uj"] = &fstest.MapFile{}
	}
	return c
}

func (c *counters) ReadFile(name string) ([]byte, error) {
	if !strings.HasSuffix(name, "/energy_uj") {
		return c.MapFS.ReadFile(name)
	}
	if c.gone {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	joules := c.draw()
	c.drawn += joules
	c.at[name] = (c.at[name] + joules) % (limit + 1)
	return fmt.Appendln(nil, c.at[name]), nil
}

// meter opens the counters; what they have counted until then is not the meter's.
func (c *counters) meter(t fataler) *meter.EnergyMeter {
	t.Helper()
	r, err := meter.OpenRAPL(c)
	if err != nil {
		t.Fatal(err)
	}
	c.drawn = 0
	return meter.NewEnergyMeter(r)
}

// check wants tasks that have all ended to have drawn, with the idle machine, what was counted.
func (c *counters) check(t fataler, e *Engine, tasks []*Task) {
	t.Helper()
	usage := e.Usage()
	sum := usage.IdleJoules
	for i, task := range tasks {
		report := task.Result().Meter
		switch energy := report.Energy; {
		case report.MachineSeconds == 0:
			if energy.Joules != nil || energy.Source != meter.Unmeasured {
				t.Fatalf("task %d never ran and has drawn %v joules, %s", i, energy.Joules, energy.Source)
			}
		case energy.Joules == nil || energy.Source != meter.Measured:
			t.Fatalf("task %d has drawn %v joules, %s", i, energy.Joules, energy.Source)
		default:
			sum += *energy.Joules
		}
	}
	if !near(sum, usage.Joules) || !near(usage.Joules, float64(c.drawn)/1e6) {
		t.Fatalf("the requests and the idle machine have drawn %v joules, the engine %v, the counters say %v",
			sum, usage.Joules, float64(c.drawn)/1e6)
	}
}

// What is drawn while nobody is there is no request's, however much.
func TestIdleEnergy(t *testing.T) {
	c := newCounters(1)
	e := smallEngine(t, DefaultOptions, 1)
	e = New(e.model, e.exec, nil, Options{MaxBatch: 1, StepTokens: 8, Energy: c.meter(t)}, 0)
	tick(e)
	reads := 0 // of the three counters, before and after each request's step
	c.draw = func() uint64 {
		reads++
		if (reads-1)%6 < 3 {
			return 20_000
		}
		return 100
	}
	for range 2 {
		if got := complete(t, e, request(ids("abc"), 1)).Meter.Energy; got.Joules == nil || !near(*got.Joules, 300e-6) {
			t.Errorf("a request has drawn %v, want 300 µJ", got)
		}
	}
	if reads != 12 {
		t.Errorf("the counters were read %d times, want 12", reads)
	}
}

// Counters that fail while a request runs leave it unmeasured, and those that come after; where the
// watts are known, they are configured. The answers come all the same.
func TestCountersFail(t *testing.T) {
	for _, watts := range []float64{0, 80} {
		c := newCounters(1)
		e := smallEngine(t, DefaultOptions, 1)
		o := Options{MaxBatch: 4, StepTokens: 8, Energy: c.meter(t), Watts: watts}
		e = New(e.model, e.exec, nil, o, 0)
		before := complete(t, e, request(ids("abc"), 3))
		if got := before.Meter.Energy; got.Source != meter.Measured {
			t.Errorf("before: %v", got)
		}
		r := request(ids("abd"), 4)
		r.IgnoreEOS = true
		during, s := submit(t, e, r), streams{}
		s.step(t, e)
		s.step(t, e)
		c.gone = true
		run(t, e)
		after := submit(t, e, r)
		run(t, e)
		for name, task := range map[string]*Task{"during": during, "after": after} {
			result := task.Result()
			if n := len(result.Choices[0].TokenIDs); n != 4 {
				t.Errorf("%s: %d tokens", name, n)
			}
			got, want := result.Meter.Energy, watts*result.Meter.MachineSeconds
			if watts == 0 && (got.Source != meter.Unmeasured || got.Joules != nil) ||
				watts > 0 && (got.Source != meter.Configured || !near(*got.Joules, want)) {
				t.Errorf("%s: %s energy at %v W, want %v", name, got.Source, watts, want)
			}
		}
		if o.Energy.Err() == nil {
			t.Error("nobody is told")
		}
	}
}

package meter

import (
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gptmeter/gptmeter/tensor"
)

const second = time.Second

// A powered is an EnergyMeter on a made-up machine, whose counters draw moves.
type powered struct {
	*EnergyMeter
	files   fstest.MapFS
	counter uint64 // of package-0, in microjoules
}

func newPowered(t *testing.T) *powered {
	t.Helper()
	p := &powered{files: powercap(), counter: 999_000_000}
	set(p.files, "intel-rapl:0", p.counter)
	r, err := OpenRAPL(p.files)
	if err != nil {
		t.Fatal(err)
	}
	p.EnergyMeter = NewEnergyMeter(r)
	return p
}

// draw has the first package draw so many joules. Its counter goes round after a thousand.
func (p *powered) draw(joules float64) {
	p.counter = (p.counter + uint64(joules*1e6)) % 1_000_000_000
	set(p.files, "intel-rapl:0", p.counter)
}

// step runs a step from begin to end for accounts, each of which gets the machine time beside it,
// one part of which is operators' in two sections.
func (p *powered) step(begin, end time.Duration, joules float64, shares map[*Account]time.Duration) {
	p.Begin(begin)
	for a, share := range shares {
		var work tensor.Work
		work[tensor.Linear].Wall = share / 4
		a.Add(Decode, 1, []tensor.Work{work, work}, share-2*(share/4), Step{Begin: begin, End: end})
		p.Charge(a)
	}
	p.draw(joules)
	p.End(end)
}

func expectJoules(t *testing.T, what string, e Energy, want float64) {
	t.Helper()
	if e.Source != Measured || e.Joules == nil || math.Abs(*e.Joules-want) > 1e-9 {
		t.Errorf("%s: %v, want %v joules measured", what, show(e), want)
	}
}

func expectUnmeasured(t *testing.T, what string, e Energy) {
	t.Helper()
	if e.Source != Unmeasured || e.Joules != nil {
		t.Errorf("%s: %v, want nothing", what, show(e))
	}
}

func show(e Energy) any {
	if e.Joules == nil {
		return e.Source
	}
	return []any{*e.Joules, e.Source}
}

// Of what was drawn since the last reading each account gets its part of the time, and nobody's
// part is idle. Both accounts are done when one is, since that is when the counters are read.
func TestEnergyDivision(t *testing.T) {
	p := newPowered(t)
	a, b := NewAccount(0, 1), NewAccount(0, 1)
	p.draw(5) // before anything was submitted
	p.step(1*second, 1*second+30*time.Millisecond, 3, map[*Account]time.Duration{a: 20 * time.Millisecond, b: 10 * time.Millisecond})
	expectUnmeasured(t, "before the first reading", a.energyWith(0))
	p.step(1*second+40*time.Millisecond, 1*second+45*time.Millisecond, 1.5, map[*Account]time.Duration{a: 5 * time.Millisecond})
	a.Finish(1*second + 45*time.Millisecond)
	p.End(1*second + 45*time.Millisecond)
	// 4.5 J in 45 ms, of which 10 ms were nobody's
	expectJoules(t, "a", a.energyWith(0), 4.5*25/45)
	expectJoules(t, "b", b.energyWith(0), 4.5*10/45)
	if all, idle := p.Joules(); math.Abs(all-9.5) > 1e-9 || math.Abs(idle-(5+4.5*10/45)) > 1e-9 {
		t.Errorf("%v joules, %v idle", all, idle)
	}
	// Another 100 J while nobody is there: none of it is b's.
	p.draw(100)
	p.step(9*second, 9*second+100*time.Millisecond, 2, map[*Account]time.Duration{b: 100 * time.Millisecond})
	expectJoules(t, "b later", b.energyWith(0), 1+2)
}

// While requests run the counters are read when 50 ms have passed and not sooner.
func TestEnergyReadings(t *testing.T) {
	p := newPowered(t)
	a := NewAccount(0, 1)
	for i := range 12 {
		begin := second + time.Duration(i)*20*time.Millisecond
		p.step(begin, begin+20*time.Millisecond, 1, map[*Account]time.Duration{a: 20 * time.Millisecond})
		want := float64((i + 1) / 3 * 3)
		if all, _ := p.Joules(); all != want {
			t.Errorf("after %d steps %v joules have been read, want %v", i+1, all, want)
		}
	}
	expectJoules(t, "12 steps", a.energyWith(0), 12)
}

// A counter that fails leaves nothing half measured: what was complete before stays, what was not
// is configured or unmeasured, for good.
func TestEnergyFailure(t *testing.T) {
	p := newPowered(t)
	before, during, across, after := NewAccount(0, 1), NewAccount(0, 1), NewAccount(0, 1), NewAccount(0, 1)
	p.step(second, 2*second, 7, map[*Account]time.Duration{before: second / 2, across: second / 2})
	p.step(2*second, 3*second, 7, map[*Account]time.Duration{during: second})
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	good := p.files["intel-rapl:1/energy_uj"]
	delete(p.files, "intel-rapl:1/energy_uj")
	p.step(3*second, 4*second, 7, map[*Account]time.Duration{during: second})
	if p.Err() == nil || !strings.Contains(p.Err().Error(), "intel-rapl:1/energy_uj") {
		t.Errorf("the error is %v", p.Err())
	}
	p.files["intel-rapl:1/energy_uj"] = good
	p.step(4*second, 5*second, 7, map[*Account]time.Duration{across: second / 2, after: second / 2})

	expectJoules(t, "before", before.energyWith(0), 7.0/2)
	expectUnmeasured(t, "during", during.energyWith(0))
	expectUnmeasured(t, "before and after", across.energyWith(0))
	expectUnmeasured(t, "after", after.energyWith(0))
	if e := during.energyWith(30); e.Source != Configured || *e.Joules != 30*2 {
		t.Errorf("two machine seconds at 30 W are %v", show(e))
	}
	if all, idle := p.Joules(); all != 14 || idle != 0 {
		t.Errorf("%v joules are measured, %v idle, want 14 and 0", all, idle)
	}
}

// Nothing is never stated as 0: not of a counter that stands still, nor of a request that never ran.
func TestEnergyNothing(t *testing.T) {
	p := newPowered(t)
	a, b := NewAccount(0, 1), NewAccount(0, 1)
	p.step(second, 2*second, 0, map[*Account]time.Duration{a: second})
	expectUnmeasured(t, "no joules", a.energyWith(0))
	if e := a.energyWith(25); e.Source != Configured || *e.Joules != 25 {
		t.Errorf("a machine second at 25 W is %v", show(e))
	}
	expectUnmeasured(t, "no time", b.energyWith(25))
}

// A nil EnergyMeter is what an engine has on a machine without counters.
func TestNoEnergyMeter(t *testing.T) {
	p := &powered{files: powercap()}
	a := NewAccount(0, 1)
	p.step(second, 2*second, 1, map[*Account]time.Duration{a: second})
	expectUnmeasured(t, "no meter", a.energyWith(0))
	if all, idle := p.Joules(); all != 0 || idle != 0 || p.Err() != nil {
		t.Errorf("%v joules of nothing, %v idle, %v", all, idle, p.Err())
	}
}

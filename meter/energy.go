package meter

import (
	"slices"
	"time"
)

// An EnergyMeter divides among accounts, as machine time is, the energy that RAPL counts: of what
// was drawn between two readings each account gets its part of the time between them, and what no
// account had of that time is idle. One goroutine at a time uses it. A nil EnergyMeter measures
// nothing.
//
// It reads the counters between steps only: where a request has ended, where the machine has been
// idle, and else when readEvery has passed. So requests that share a step, or follow each other
// within readEvery, draw the same power; and a request that ends before the counters have moved
// stays unmeasured.
type EnergyMeter struct {
	rapl *RAPL
	err  error // that ended it

	at     time.Duration // of the last reading, on the engine's clock
	joules float64       // drawn until then
	idle   float64       // of that, for nobody
	unread []*Account    // that have machine time since
}

// What a step may cost, and what the counters can tell: reading one takes some microseconds, and
// they move about once a millisecond (Intel SDM, volume 3, "RAPL Interfaces").
const (
	readEvery   = 50 * time.Millisecond
	counterTick = time.Millisecond
)

// energyShare is an account's part.
type energyShare struct {
	joules float64
	unread time.Duration // machine time since the last reading
	listed bool          // among EnergyMeter.unread
	lost   bool          // for a part of the machine time there is no reading
}

// NewEnergyMeter returns a meter of what r counts from when it was opened, which should be just
// before the engine's clock starts: the time until its first step is idle.
func NewEnergyMeter(r *RAPL) *EnergyMeter { return &EnergyMeter{rapl: r} }

// Err is why the meter has stopped, nil while it has not.
func (m *EnergyMeter) Err() error {
	if m == nil {
		return nil
	}
	return m.err
}

// Joules is what has been drawn until the last reading, and how much of it for nobody.
func (m *EnergyMeter) Joules() (all, idle float64) {
	if m == nil {
		return 0, 0
	}
	return m.joules, m.idle
}

// Begin is called before a step, at the time now: what was drawn while nobody had the machine
// must not be the step's.
func (m *EnergyMeter) Begin(now time.Duration) {
	if m != nil && m.err == nil && len(m.unread) == 0 && now-m.at >= counterTick {
		m.readAt(now)
	}
}

// Charge notes that a has had machine time.
func (m *EnergyMeter) Charge(a *Account) {
	switch {
	case m == nil:
	case m.err != nil:
		a.energy.lost = true
	case !a.energy.listed:
		a.energy.listed = true
		m.unread = append(m.unread, a)
	}
}

// End is called after a step, at its end, and when a request has been cancelled.
func (m *EnergyMeter) End(now time.Duration) {
	finished := func(a *Account) bool { return a.finished }
	if m != nil && m.err == nil && len(m.unread) > 0 && (now-m.at >= readEvery || slices.ContainsFunc(m.unread, finished)) {
		m.readAt(now)
	}
}

// readAt divides what has been drawn since the last reading.
func (m *EnergyMeter) readAt(now time.Duration) {
	joules, err := m.rapl.Joules()
	span := now - m.at
	free := span
	for _, a := range m.unread {
		e := &a.energy
		if err != nil {
			e.lost = true
			continue
		}
		e.joules += (joules - m.joules) * float64(e.unread) / float64(span)
		free -= e.unread
		e.unread, e.listed = 0, false
	}
	m.unread = m.unread[:0]
	if err != nil {
		m.err = err
		return
	}
	if free > 0 {
		m.idle += (joules - m.joules) * float64(free) / float64(span)
	}
	m.at, m.joules = now, joules
}

// energyWith is what the account has drawn, as far as it was measured; else what its machine time
// comes to at so many watts. What comes to nothing is unmeasured.
func (a *Account) energyWith(watts float64) Energy {
	joules, source := a.energy.joules, Measured
	if a.energy.lost || joules <= 0 {
		joules, source = watts*a.MachineTime().Seconds(), Configured
	}
	if joules <= 0 {
		return Energy{Source: Unmeasured}
	}
	return Energy{Joules: &joules, Source: source}
}

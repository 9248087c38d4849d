package meter

import (
	"time"

	"github.com/gptmeter/gptmeter/tensor"
)

// A Phase is a part of a request's life.
type Phase uint8

// The phases: reading the prompt, and writing one token after the other.
const (
	Prefill Phase = iota
	Decode
	phases
)

// An Account is what one request has caused so far.
type Account struct {
	legs  [phases]leg
	other time.Duration // machine time outside operators

	submitted, until time.Duration // on the engine's clock; until the last step, or the end
	choices          []times
}

// A leg is what a request caused in one phase.
type leg struct {
	tokens     int64
	work       tensor.Work
	begin, end time.Duration // of the first and last step, on the engine's clock
	steps      int64
	stepBytes  int64 // read by those steps, for all requests in them
}

// times are when a choice's first and last tokens came, and how many came.
type times struct {
	first, last time.Duration
	tokens      int
}

// NewAccount opens the account of a request that came in at the time now and makes so many
// choices.
func NewAccount(now time.Duration, choices int) *Account {
	return &Account{submitted: now, until: now, choices: make([]times, choices)}
}

// A Step is a step of the engine, as all requests in it see it.
type Step struct {
	Begin, End time.Duration // on the engine's clock
	Read       int64         // bytes, by its operators
}

// Add books what a step did for tokens of the request: the operators' work, and the machine time
// besides.
func (a *Account) Add(p Phase, tokens int, work tensor.Work, other time.Duration, s Step) {
	l := &a.legs[p]
	if l.tokens == 0 {
		l.begin = s.Begin
	}
	l.end = s.End
	l.steps++
	l.stepBytes += s.Read
	l.tokens += int64(tokens)
	l.work.Add(work)
	a.other += other
	a.until = s.End
}

// Token books that choice has got a token at the time now.
func (a *Account) Token(choice int, now time.Duration) {
	t := &a.choices[choice]
	if t.tokens == 0 {
		t.first = now
	}
	t.last = now
	t.tokens++
}

// Finish closes the account.
func (a *Account) Finish(now time.Duration) { a.until = now }

// Work is what the operators did in both phases.
func (a *Account) Work() tensor.Work {
	w := a.legs[Prefill].work
	w.Add(a.legs[Decode].work)
	return w
}

// MachineTime is the request's share of the machine: its operators' and the rest.
func (a *Account) MachineTime() time.Duration { return a.Work().Total().Wall + a.other }

// firstToken is how long the request waited for its first token; false if it has none.
func (a *Account) firstToken() (wait time.Duration, ok bool) {
	for _, t := range a.choices {
		if t.tokens > 0 && (!ok || t.first-a.submitted < wait) {
			wait, ok = t.first-a.submitted, true
		}
	}
	return wait, ok
}

// perToken is the mean time from one token of a choice to its next; false if no choice has two.
func (a *Account) perToken() (mean time.Duration, ok bool) {
	var sum time.Duration
	gaps := 0
	for _, t := range a.choices {
		if t.tokens > 1 {
			sum += t.last - t.first
			gaps += t.tokens - 1
		}
	}
	if gaps == 0 {
		return 0, false
	}
	return sum / time.Duration(gaps), true
}

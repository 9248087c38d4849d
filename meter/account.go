package meter

import (
	"slices"
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

func (p Phase) String() string { return [...]string{Prefill: "prefill", Decode: "decode"}[p] }

// An Account is what one request has caused so far.
type Account struct {
	legs  [phases]leg
	other time.Duration // machine time outside operators

	submitted, until time.Duration     // on the engine's clock; until the last step, or the end
	tokens           [][]time.Duration // by choice, when each of its tokens came
	finished         bool

	energy energyShare
}

// A leg is what a request caused in one phase.
type leg struct {
	tokens     int64
	sections   []tensor.Work // what the operators did, section by section
	begin, end time.Duration // of the first and last step, on the engine's clock
	steps      int64
	stepBytes  int64 // read by those steps, for all requests in them
}

// NewAccount opens the account of a request that came in at the time now and makes so many
// choices.
func NewAccount(now time.Duration, choices int) *Account {
	return &Account{submitted: now, until: now, tokens: make([][]time.Duration, choices)}
}

// Expect makes room for so many tokens of each choice.
func (a *Account) Expect(tokens int) {
	for i := range a.tokens {
		a.tokens[i] = slices.Grow(a.tokens[i], tokens)
	}
}

// A Step is a step of the engine, as all requests in it see it.
type Step struct {
	Begin, End time.Duration // on the engine's clock
	Read       int64         // bytes, by its operators
}

// Add books what a step did for tokens of the request: the operators' work by section, of which
// there are always as many, and the machine time besides.
func (a *Account) Add(p Phase, tokens int, sections []tensor.Work, other time.Duration, s Step) {
	l := &a.legs[p]
	if l.tokens == 0 {
		l.begin = s.Begin
	}
	l.end = s.End
	l.steps++
	l.stepBytes += s.Read
	l.tokens += int64(tokens)
	if l.sections == nil {
		l.sections = make([]tensor.Work, len(sections))
	}
	machine := other
	for i := range sections {
		l.sections[i].Add(sections[i])
		machine += sections[i].Total().Wall
	}
	a.other += other
	a.energy.unread += machine
	a.until = s.End
}

// Token books that choice has got a token at the time now.
func (a *Account) Token(choice int, now time.Duration) {
	a.tokens[choice] = append(a.tokens[choice], now)
}

// Finish closes the account.
func (a *Account) Finish(now time.Duration) { a.until, a.finished = now, true }

// Work is what the operators did in both phases.
func (a *Account) Work() tensor.Work {
	w := a.legs[Prefill].work()
	w.Add(a.legs[Decode].work())
	return w
}

func (l *leg) work() (w tensor.Work) {
	for i := range l.sections {
		w.Add(l.sections[i])
	}
	return w
}

// MachineTime is the request's share of the machine: its operators' and the rest.
func (a *Account) MachineTime() time.Duration { return a.Work().Total().Wall + a.other }

// firstToken is how long the request waited for its first token; false if it has none.
func (a *Account) firstToken() (wait time.Duration, ok bool) {
	for _, at := range a.tokens {
		if len(at) > 0 && (!ok || at[0]-a.submitted < wait) {
			wait, ok = at[0]-a.submitted, true
		}
	}
	return wait, ok
}

// gaps are the times from one token of a choice to its next, of all choices, the shortest first.
func (a *Account) gaps() (gaps []time.Duration) {
	for _, at := range a.tokens {
		for i := 1; i < len(at); i++ {
			gaps = append(gaps, at[i]-at[i-1])
		}
	}
	slices.Sort(gaps)
	return gaps
}

// mean is the mean of gaps, of which there is at least one. The gaps of a choice of n tokens add
// up to (last − first), so this is (last − first)/(n − 1).
func mean(gaps []time.Duration) time.Duration {
	var sum time.Duration
	for _, g := range gaps {
		sum += g
	}
	return sum / time.Duration(len(gaps))
}

// percentile is the shortest of gaps, which are sorted, that at least p in 100 of them do not
// exceed: the nearest rank, so always a gap that there was.
func percentile(gaps []time.Duration, p int) time.Duration {
	return gaps[(len(gaps)*p+99)/100-1]
}

package engine

import (
	"slices"
	"time"

	"github.com/gptmeter/gptmeter/meter"
)

// Why a choice ended.
const (
	FinishStop      = "stop"      // the model ended the text, or a stop string came
	FinishLength    = "length"    // it has as many tokens as were asked for, or as the context holds
	FinishCancelled = "cancelled" // the task was cancelled
)

// A Task is a request on its way.
type Task struct {
	engine    *Engine
	number    int // of those submitted, from 1
	request   Request
	account   *meter.Account
	sequences []*sequence // a choice each
	promptLog []scored    // log-probabilities of the prompt's tokens from the second on

	cached    int  // tokens of the prompt that were found computed
	prefilled bool // the whole prompt has been computed
	done      bool
}

func newTask(e *Engine, r Request) *Task {
	t := &Task{engine: e, number: e.tasks, request: r, account: meter.NewAccount(e.now(), r.N)}
	for i := range r.N {
		t.sequences = append(t.sequences, newSequence(t, i))
	}
	t.account.Expect(t.sequences[0].room() + 1 - len(r.Prompt))
	return t
}

// Done tells whether every choice has ended.
func (t *Task) Done() bool { return t.done }

// scores tells whether the prompt's tokens want log-probabilities.
func (t *Task) scores() bool { return t.request.Echo && t.request.Logprobs >= 0 }

// logitsOf is how many of the next n tokens of a prompt, of which rest are left, want logits.
func (t *Task) logitsOf(n, rest int) int {
	switch {
	case t.scores():
		return n
	case n == rest && t.request.MaxTokens > 0:
		return 1
	}
	return 0
}

// take looks at the logits of a token of a span.
func (e *Engine) take(span, token int, logits []float32) {
	begin := e.exec.Clock()
	defer func() { e.usage.Choosing += e.exec.Clock() - begin }()
	if !e.ranking.set(logits) {
		e.failed = ErrLogits
		return
	}
	o := e.owners[span]
	t, s := o.task, o.of
	if next := o.past + token + 1; next < len(s.tokens) {
		t.promptLog = append(t.promptLog, e.ranking.score(s.tokens[next], t.request.Logprobs))
		return
	}
	if t.request.MaxTokens == 0 {
		return
	}
	if t.prefilled {
		s.choose()
		return
	}
	for _, choice := range t.sequences {
		choice.choose()
	}
}

// advance moves the owner's task on after a step: to its first tokens, or to the next.
func (o owner) advance() {
	t, s := o.task, o.of
	if o.phase == meter.Decode {
		s.accept()
		return
	}
	if s.cache.Len() < len(s.tokens) {
		return
	}
	t.prefilled = true
	for i, choice := range t.sequences {
		if i > 0 {
			choice.cache = s.cache.Prefix(s.cache.Len())
			choice.cache.Reserve(choice.room())
		}
	}
	for _, choice := range t.sequences {
		if t.request.MaxTokens == 0 {
			choice.end(FinishLength)
		} else {
			choice.accept()
		}
	}
}

// deliver lists what the step's tasks have got, at the time now, and closes those that are done.
func (e *Engine) deliver(now time.Duration) {
	for _, o := range e.owners {
		t := o.task
		if !t.prefilled {
			continue
		}
		for _, s := range t.sequences {
			if s != o.of && o.phase == meter.Decode {
				continue
			}
			if t.request.MaxTokens > 0 {
				t.account.Token(s.index, now)
			}
			e.events = append(e.events, Event{t, s.index, s.fresh})
			s.fresh = ""
		}
		if !slices.ContainsFunc(t.sequences, func(s *sequence) bool { return s.finish == "" }) {
			t.finish(now, "")
		}
	}
}

// finish closes the task; choices that have not ended do so for the reason why.
func (t *Task) finish(now time.Duration, why string) {
	for _, s := range t.sequences {
		if s.finish == "" {
			s.end(why)
		}
	}
	t.account.Finish(now)
	if trace := t.engine.options.Trace; trace != nil {
		trace.Request(t.number, t.account)
	}
	t.done = true
}

// Result is the answer so far; it is complete when the task is done.
func (t *Task) Result() Result {
	r := Result{Meter: t.account.Report(t.engine.setting())}
	r.Usage.PromptTokens = len(t.request.Prompt)
	r.Usage.PromptTokensDetails.CachedTokens = t.cached
	for _, s := range t.sequences {
		r.Choices = append(r.Choices, s.choice())
		r.Usage.CompletionTokens += len(s.tokens) - len(t.request.Prompt)
	}
	r.Usage.TotalTokens = r.Usage.PromptTokens + r.Usage.CompletionTokens
	return r
}

// setting is what the engine runs on.
func (e *Engine) setting() meter.Setting {
	s := meter.Setting{
		Kernel:   e.exec.Kernel(),
		DType:    e.model.DType(),
		Threads:  e.exec.Threads(),
		Peaks:    e.options.Peaks,
		LoadTime: e.loaded,
		Watts:    e.options.Watts,
		Rate:     e.options.Rate,
	}
	if e.options.Sections {
		s.Sections = e.model.Sections()
	}
	return s
}

package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/tokenizer"
)

// ErrLogits is the error for a model whose logits are not finite numbers: its weights are broken.
var ErrLogits = errors.New("the model's logits are not numbers")

// Options are an Engine's limits.
type Options struct {
	MaxBatch   int // sequences that are generated side by side, at least 1
	StepTokens int // tokens that go through the model in one step, at least 1

	Peaks *meter.Peaks // of this machine, that reports set work beside; nil where they are not measured

	Sections bool               // have reports state the model's sections
	Energy   *meter.EnergyMeter // nil for none
	Watts    float64            // what the busy machine takes, for want of a measurement; 0 if unknown
	Rate     *meter.Rate        // what the machine costs; nil if unknown
	Trace    *meter.Trace       // of steps and requests; nil for none
}

const badOptions = "engine: options below 1"

// DefaultOptions are limits that suit a machine with a few cores.
var DefaultOptions = Options{MaxBatch: 32, StepTokens: 512}

// An Engine serves requests with one model. One goroutine at a time uses it.
type Engine struct {
	model     *model.Model
	exec      *tensor.Exec
	tokenizer tokenizer.Tokenizer // nil: no text
	options   Options
	ends      []int // ids that end a text
	now       func() time.Duration

	waiting []*Task          // submitted, not begun
	running []*Task          // in the order in which they began
	kept    []prefix         // of sequences that have ended, for those that wait
	held    map[*Task]prefix // Hold: of tasks that have ended, or nothing yet
	loaded  time.Duration
	failed  error // of a step, and of all after it
	tasks   int   // submitted so far

	before tensor.Work // of exec, when the engine was made
	usage  Usage

	spans   []model.Span // of the step
	owners  []owner      // of its spans
	parts   []tensor.Work
	events  []Event
	ranking ranking // of the row that is looked at
}

// Usage is how an engine has spent the machine so far.
type Usage struct {
	Work     tensor.Work   // of the operators
	Other    time.Duration // in steps, outside operators
	Choosing time.Duration // of Other, on logits, tokens and text: what is left is the model's
	Idle     time.Duration // outside steps

	// As far as Options.Energy has measured it, until its last reading.
	Joules     float64
	IdleJoules float64 // of Joules, drawn outside steps

	// By Options.Rate: the requests' costs and the idle one are the whole.
	Cost     *meter.Amount // nil without a rate
	IdleCost *meter.Amount // of Cost, outside steps
}

// An owner says whose a span is.
type owner struct {
	task  *Task
	of    *sequence
	phase meter.Phase
	past  int // positions before the span
}

// An Event says that a step has brought a choice of a task forward, and by what text: none where
// a token has made none certain.
type Event struct {
	Task   *Task
	Choice int
	Text   string
}

// New returns an Engine for m, which it runs on x. t may be nil: answers then have no text.
// loadTime is stated in every report. x is the engine's from then on.
func New(m *model.Model, x *tensor.Exec, t tokenizer.Tokenizer, o Options, loadTime time.Duration) *Engine {
	if o.MaxBatch < 1 || o.StepTokens < 1 {
		panic(badOptions)
	}
	start := x.Clock()
	e := &Engine{model: m, held: map[*Task]prefix{}, before: x.Work(), exec: x, tokenizer: t, options: o,
		ranking: ranking{exec: x},
		ends:    endIDs(m.Config, t), loaded: loadTime, now: func() time.Duration { return x.Clock() - start }}
	x.Sections(1)
	if o.Sections || o.Trace != nil {
		x.Sections(len(m.Sections()))
	}
	x.Trace(nil)
	if o.Trace != nil {
		o.Trace.Sections(m.Sections())
		x.Trace(func(c tensor.Call) {
			c.Begin -= start
			o.Trace.Operator(c)
		})
	}
	return e
}

// endIDs are the ids after which a text is over: the configuration's, or the tokenizer's
// <|endoftext|> where the configuration names none.
func endIDs(c model.Config, t tokenizer.Tokenizer) []int {
	if len(c.EndOfText) > 0 || t == nil {
		return c.EndOfText
	}
	if id, ok := t.ID("<|endoftext|>"); ok && id < c.Vocabulary {
		return []int{id}
	}
	return nil
}

// Submit takes a request in, with its slices and map, which are not to change from then on. The
// error is of the request's making.
func (e *Engine) Submit(r Request) (*Task, error) {
	if err := r.check(e.model.Config.Vocabulary, e.model.Config.Positions); err != nil {
		return nil, err
	}
	if len(r.Stop) > 0 && e.tokenizer == nil {
		return nil, fmt.Errorf("a stop string needs text, and the model has no tokenizer")
	}
	e.tasks++
	t := newTask(e, r)
	e.waiting = append(e.waiting, t)
	return t, nil
}

// Pending tells whether a task is not done.
func (e *Engine) Pending() bool { return len(e.waiting)+len(e.running) > 0 }

// Cancel ends a task with the tokens it has. The events are the text that was held back.
func (e *Engine) Cancel(t *Task) (rest []Event) {
	if t.done {
		return nil
	}
	t.finish(e.now(), FinishCancelled)
	for _, s := range t.sequences {
		if s.fresh != "" {
			rest = append(rest, Event{t, s.index, s.fresh})
		}
	}
	e.waiting = slices.DeleteFunc(e.waiting, (*Task).Done)
	e.retire()
	e.options.Energy.End(e.now())
	return rest
}

// Hold keeps what t computes for its prompt after its end too, for requests that begin like it,
// until Release.
func (e *Engine) Hold(t *Task) { e.held[t] = prefix{} }

// Release ends Hold.
func (e *Engine) Release(t *Task) {
	if c := e.held[t].cache; c != nil {
		c.Release()
	}
	delete(e.held, t)
}

// Usage is how the engine has spent the machine so far; it only grows.
func (e *Engine) Usage() Usage {
	u := e.usage
	u.Idle = e.now() - u.Work.Total().Wall - u.Other
	u.Joules, u.IdleJoules = e.options.Energy.Joules()
	u.Cost, u.IdleCost = e.options.Rate.Spent(u.Work.Total().Wall+u.Other, u.Idle)
	return u
}

// Step runs one step: every sequence that generates gets a token, and what room is left goes to
// prompts, the oldest first. The events are valid until the next Step.
//
// An error is the model's, ErrLogits or model.ErrFault, and final: no sequence has got a token, the
// step's work is booked, and every later Step returns the error again. Tasks can still be cancelled
// and give their results.
func (e *Engine) Step() ([]Event, error) {
	if e.failed != nil {
		return nil, e.failed
	}
	e.events = e.events[:0]
	begin := e.now()
	e.options.Energy.Begin(begin)
	e.form()
	if len(e.spans) == 0 {
		return nil, nil
	}
	if err := e.model.Forward(e.exec, e.spans, e.take); err != nil {
		e.failed = err
	}
	forwarded := e.exec.Clock()
	if e.failed == nil {
		for _, o := range e.owners {
			o.advance()
		}
	}
	e.usage.Choosing += e.exec.Clock() - forwarded
	end := e.now()
	e.book(begin, end)
	if e.failed != nil {
		return nil, e.failed
	}
	e.deliver(end)
	e.options.Energy.End(end)
	e.retire()
	return e.events, nil
}

// book divides what the step did among the requests in it: each operator's work as tensor.Exec
// has divided it, the rest of the machine's time by rows.
func (e *Engine) book(begin, end time.Duration) {
	e.parts = e.exec.Settle(e.parts)
	var work tensor.Work
	for _, p := range e.parts {
		work.Add(p)
	}
	total := work.Total()
	other := end - begin - total.Wall
	e.usage.Other += other
	step := meter.Step{Begin: begin, End: end, Read: total.Read}
	rows := 0
	for _, s := range e.spans {
		rows += len(s.Tokens)
	}
	from, sections := 0, len(e.parts)/len(e.owners)
	for i, o := range e.owners {
		to := from + len(e.spans[i].Tokens)
		share := tensor.Share(int64(other), int64(from), int64(to), int64(rows))
		a := o.task.account
		a.Add(o.phase, to-from, e.parts[i*sections:(i+1)*sections], time.Duration(share), step)
		e.options.Energy.Charge(a)
		from = to
	}
	e.usage.Work = e.exec.Work().Since(e.before)
	if e.options.Trace != nil {
		e.trace(begin, end)
	}
}

// trace shows the step.
func (e *Engine) trace(begin, end time.Duration) {
	requests, tokens := 0, map[meter.Phase]int{}
	for i, o := range e.owners {
		tokens[o.phase] += len(e.spans[i].Tokens)
		if i == 0 || o.task != e.owners[i-1].task { // choices of a task stand together
			requests++
		}
	}
	e.options.Trace.Step(begin, end, requests, tokens[meter.Prefill], tokens[meter.Decode])
}

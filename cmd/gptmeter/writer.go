package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/engine"
)

// A writer prints answers and enters them on the receipt.
type writer interface {
	step(events []engine.Event) error // after each step
	end() error                       // when all jobs are done, or cancelled
}

func (p *program) writer(f *generateFlags, m *loaded, jobs []*job, r *receipt) writer {
	state := func(j *job, result engine.Result) error { return p.stdout.document(newAnswer(f, m, j, result)) }
	switch {
	case f.promptFile != "":
		return &lineWriter{jobs, r, state}
	case f.json:
		return &documentWriter{jobs[0], r, state}
	}
	return &textWriter{p: p, job: jobs[0], receipt: r, choices: f.base.N}
}

// stateFunc prints an answer in JSON.
type stateFunc func(*job, engine.Result) error

// A documentWriter prints one answer when it is complete, or as far as it has got.
type documentWriter struct {
	job     *job
	receipt *receipt
	state   stateFunc
}

func (w *documentWriter) step([]engine.Event) error { return nil }

func (w *documentWriter) end() error {
	result := w.job.task.Result()
	w.receipt.add(w.job, result)
	return w.state(w.job, result)
}

// A lineWriter prints the answers of a batch in the order of the jobs, each as soon as those
// before it are complete. Of cancelled ones nothing is printed: a line is a whole answer.
type lineWriter struct {
	jobs    []*job // that are not printed yet
	receipt *receipt
	state   stateFunc
}

func (w *lineWriter) step([]engine.Event) error {
	for len(w.jobs) > 0 && w.jobs[0].task.Done() {
		if err := w.next(); err != nil {
			return err
		}
	}
	return nil
}

func (w *lineWriter) end() error {
	for len(w.jobs) > 0 {
		if err := w.next(); err != nil {
			return err
		}
	}
	return nil
}

func (w *lineWriter) next() error {
	j := w.jobs[0]
	w.jobs = w.jobs[1:]
	result := j.task.Result()
	w.receipt.add(j, result)
	cancelled := func(c engine.Choice) bool { return *c.FinishReason == engine.FinishCancelled }
	if slices.ContainsFunc(result.Choices, cancelled) {
		return nil
	}
	return w.state(j, result)
}

// A textWriter streams the first choice's text and prints the others' at the end. Where there are
// several, a heading on stderr tells them apart.
type textWriter struct {
	p       *program
	job     *job
	receipt *receipt
	choices int
	printed int // bytes of the first choice
}

func (w *textWriter) step(events []engine.Event) error {
	for _, e := range events {
		if e.Choice != 0 {
			continue
		}
		if w.printed == 0 {
			w.heading(0)
		}
		w.printed += len(e.Text)
		io.WriteString(w.p.stdout, e.Text)
	}
	return w.p.stdout.err
}

func (w *textWriter) end() error {
	result := w.job.task.Result()
	w.receipt.add(w.job, result)
	for i, c := range result.Choices {
		text := c.Text
		if i == 0 {
			text = text[w.printed:] // a cancelled task gives up what it held back for a stop string
		} else {
			w.heading(i)
		}
		io.WriteString(w.p.stdout, text)
		if !strings.HasSuffix(c.Text, "\n") {
			io.WriteString(w.p.stdout, "\n")
		}
	}
	return w.p.stdout.err
}

func (w *textWriter) heading(choice int) {
	if w.choices > 1 {
		fmt.Fprintf(w.p.stderr, "--- choice %d\n", choice)
	}
}

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
)

// A job is a request on its way to an answer.
type job struct {
	line int
	seed uint64
	task *engine.Task
}

// answer runs the requests and prints the answers, then the receipt. When ctx ends it stops
// before the next token.
func (p *program) answer(ctx context.Context, f *generateFlags, m *loaded, trace *traceFile, requests []request) error {
	energy, why := p.energyMeter()
	e := engine.New(m.model, m.exec, m.tokenizer, engine.Options{
		MaxBatch: f.maxBatch, StepTokens: engine.DefaultOptions.StepTokens,
		Peaks: knownPeaks(), Sections: f.by == byLayer, Energy: energy, Watts: f.watts, Rate: f.rate, Trace: trace.Trace,
	}, m.took)
	jobs, remarks, err := submit(e, m, requests)
	if err != nil {
		return err
	}
	cancel := func() {
		for _, j := range jobs {
			e.Cancel(j.task)
		}
	}
	defer cancel() // however it ends, the trace has all requests
	r := &receipt{model: m.name, by: f.by, unmeasured: why}
	w := p.writer(f, m, jobs, r)
	for e.Pending() && ctx.Err() == nil {
		events, err := e.Step()
		switch {
		case errors.Is(err, engine.ErrLogits):
			return unusable(fmt.Errorf("%s: %w", m.name, err))
		case err != nil:
			return err
		}
		if err := w.step(events); err != nil {
			return err
		}
	}
	interrupted := e.Pending()
	cancel()
	if err := w.end(); err != nil {
		return err
	}
	if err := energy.Err(); err != nil {
		remarks = append(remarks, fmt.Sprintf("energy could not be measured to the end: %v", err))
	}
	p.remark(f, m, remarks)
	if !f.noMeter && !f.json {
		r.spent = e.Usage()
		r.print(p.stderr)
	}
	if interrupted {
		return errInterrupted
	}
	return nil
}

// energyMeter opens the machine's counters. It is nil where there are none or they cannot be read:
// then why says so.
func (p *program) energyMeter() (m *meter.EnergyMeter, why error) {
	counters, err := meter.OpenRAPL(p.powercap)
	switch {
	case errors.Is(err, meter.ErrNoRAPL):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return meter.NewEnergyMeter(counters), nil
}

// submit hands all requests to the engine, which checks them. Nothing runs yet. Of prompts that
// --truncate has cut there is a remark.
func submit(e *engine.Engine, m *loaded, requests []request) (jobs []*job, remarks []string, err error) {
	for _, r := range requests {
		place := ""
		if r.place != "" {
			place = r.place + ": "
		}
		ready, cut, err := r.prepare(m)
		if err != nil {
			return nil, nil, fmt.Errorf("%s%w", place, err)
		}
		if cut > 0 {
			remarks = append(remarks, fmt.Sprintf("%sthe first %d tokens of the prompt were cut", place, cut))
		}
		task, err := e.Submit(ready)
		if err != nil {
			err = usageError("%s%w", place, err)
			if context := m.model.Config.Positions; len(ready.Prompt) > context {
				err = errorWithHint(err, "--truncate left keeps the end of the prompt")
			}
			return nil, nil, err
		}
		jobs = append(jobs, &job{r.line, ready.Seed, task})
	}
	return jobs, remarks, nil
}

// remark says on stderr what a person should know of the answers. It comes after them, so that
// where something fails the error stands first.
func (p *program) remark(f *generateFlags, m *loaded, remarks []string) {
	text := !f.json && f.promptFile == ""
	if m.demonstration && text {
		remarks = append(remarks, m.name+" is a small model for demonstration: it makes up simple stories and knows nothing")
	}
	if m.builtInTokenizer {
		remarks = append(remarks, m.name+" comes without a tokenizer: its tokens are taken for GPT-2's own")
	}
	if m.tokenizer == nil && text {
		remarks = append(remarks, m.name+" has no tokenizer, so there is no text; --json lists the ids")
	}
	for _, r := range remarks {
		p.notice("%s", r)
	}
}

// An answer is an OpenAI completion with the meter's report.
type answer struct {
	Line          *int              `json:"line,omitempty"` // of the prompt file, from 0
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Created       int64             `json:"created"` // Unix time
	Model         string            `json:"model"`
	Demonstration bool              `json:"demonstration,omitempty"`
	Seed          uint64            `json:"seed"`
	Choices       []engine.Choice   `json:"choices"`
	Usage         engine.TokenUsage `json:"usage"`
	Meter         *meter.Report     `json:"meter,omitempty"`
}

func newAnswer(f *generateFlags, m *loaded, j *job, result engine.Result) answer {
	a := answer{
		ID: "cmpl-" + rand.Text(), Object: "text_completion", Created: time.Now().Unix(),
		Model: m.name, Demonstration: m.demonstration, Seed: j.seed,
		Choices: result.Choices, Usage: result.Usage,
	}
	if f.promptFile != "" {
		a.Line = &j.line
	}
	if !f.noMeter {
		a.Meter = &result.Meter
	}
	return a
}

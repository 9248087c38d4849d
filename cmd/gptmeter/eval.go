package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unicode/utf8"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
	"github.com/spf13/cobra"
)

// evalFlags are the flags of eval.
type evalFlags struct {
	modelFlags
	text   string // file, - for stdin
	stride int    // 0: half the context
	price  string // a preset or a file, "" for none
	json   bool
}

func (p *program) eval() *cobra.Command {
	f := &evalFlags{}
	c := &cobra.Command{
		Use:   "eval [flags]",
		Short: "Score a text: its perplexity and bits per byte",
		Long: `Score how well a model foretells a text: each token after those before it. A text longer than
the context is read through a window of that length, as transformers' guide to perplexity does:
the first window scores all of its tokens but the first, and each window after it, a stride
further on, those that are new.`,
		Example: `  gptmeter eval --text story.txt
  gptmeter eval --model ./gpt2 --text wiki.test.raw --stride 512 --json
  gptmeter eval --model ./gpt2 --dtype int8 --text - < story.txt`,
		Args:    arguments(0, ""),
		PreRunE: settle,
		RunE:    func(c *cobra.Command, _ []string) error { return p.runEval(c.Context(), f) },
	}
	flags := c.Flags()
	f.modelFlags.add(c)
	flags.StringVar(&f.text, "text", "", "score the text of this `FILE`, - for stdin")
	whole(flags, &f.stride, "stride", 1, math.MaxInt, "tokens from one window to the next (default: half the context)")
	flags.Lookup("stride").DefValue = ""
	flags.StringVar(&f.price, "price", "", "state what it costs, by a preset's name or a TOML `FILE`: see gptmeter cost --list")
	flags.BoolVar(&f.json, "json", false, "print one JSON document")
	configFlag(c)
	return c
}

func (p *program) runEval(ctx context.Context, f *evalFlags) error {
	if f.text == "" {
		return errorWithHint(usageError("no text is given"), "--text FILE names one, --text - reads stdin")
	}
	rate, err := rateOf(f.price)
	if err != nil {
		return err
	}
	text, err := interruptible(ctx, func() (string, error) { return p.evalText(f.text) })
	if err != nil {
		return err
	}
	tokens, err := interruptible(ctx, func() ([]int, error) { return p.evalTokens(ctx, f, text) })
	if err != nil {
		return err
	}
	m, err := interruptible(ctx, func() (*loaded, error) { return p.load(ctx, f.modelFlags, true) })
	if err != nil {
		return err
	}
	return p.score(ctx, f, m, rate, tokens)
}

// evalText is what the file holds, byte for byte.
func (p *program) evalText(name string) (string, error) {
	file := p.stdin
	if name == "-" {
		name = "stdin"
	} else {
		var err error
		if file, err = os.Open(name); err != nil {
			return "", unusable(err)
		}
		defer file.Close()
	}
	text, err := io.ReadAll(io.LimitReader(file, maxPromptBytes+1))
	switch {
	case err != nil:
		return "", unusable(err)
	case len(text) > maxPromptBytes:
		return "", usageError("%s: longer than %d bytes", name, maxPromptBytes)
	case !utf8.Valid(text):
		return "", usageError("%s: not valid UTF-8", name)
	}
	return string(text), nil
}

// evalTokens encodes the text, before weights are loaded, and refuses one that has nothing to score.
func (p *program) evalTokens(ctx context.Context, f *evalFlags, text string) ([]int, error) {
	t, err := p.openModelTokenizer(ctx, f.model)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	tokens := t.Encode(text)
	if len(tokens) < 2 {
		name := f.text
		if name == "-" {
			name = "stdin"
		}
		return nil, errorWithHint(unusable(fmt.Errorf("%s: too short to score: %d bytes", name, len(text))),
			"each token is scored after those before it, so a text needs two")
	}
	return tokens, nil
}

// score scores the tokens and prints what it has found, also when ctx ends it.
func (p *program) score(ctx context.Context, f *evalFlags, m *loaded, rate *meter.Rate, tokens []int) error {
	energy, why := p.energyMeter()
	e := engine.New(m.model, m.exec, m.tokenizer, engine.Options{MaxBatch: 1, StepTokens: engine.DefaultOptions.StepTokens,
		Peaks: knownPeaks(), Energy: energy, Rate: rate}, m.took)
	r := evalReport{Model: m.name, Demonstration: m.demonstration, Context: m.model.Config.Positions, Stride: f.stride, TextTokens: len(tokens)}
	if r.Stride == 0 {
		r.Stride = (r.Context + 1) / 2
	}
	v, err := e.Evaluate(tokens, r.Stride)
	if err != nil {
		return usageError("%s: %w", m.name, err)
	}
	progress, finish := p.progress("scoring " + f.text)
	for v.Pending() && ctx.Err() == nil && err == nil {
		err = v.Step()
		if done, all := v.Progress(); progress != nil {
			progress(int64(done), int64(all))
		}
	}
	finish()
	switch {
	case errors.Is(err, engine.ErrLogits):
		return unusable(fmt.Errorf("%s: %w", m.name, err))
	case err != nil:
		return err
	}
	r.Interrupted = v.Pending()
	v.Stop()
	r.state(v.Score(), v.Meter())
	if r.Interrupted && r.Tokens == 0 {
		return errInterrupted
	}
	if err := p.printScore(f, r, why); err != nil {
		return err
	}
	if err := energy.Err(); err != nil {
		p.notice("energy could not be measured to the end: %v", err)
	}
	if r.Interrupted {
		return errInterrupted
	}
	return nil
}

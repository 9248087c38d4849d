package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter/theory"
	"github.com/gptmeter/gptmeter/model"
	"github.com/spf13/cobra"
)

// flopsFlags are the flags of flops.
type flopsFlags struct {
	modelFlags
	prompt, generate int // tokens
	allLogits        bool
	plot             string
	json             bool
}

func (p *program) flops() *cobra.Command {
	f := &flopsFlags{prompt: 128, generate: 128}
	c := &cobra.Command{
		Use:   "flops [flags]",
		Short: "Set the operations that a request takes beside theory",
		Long: `Run a request of so many tokens and set what the kernels counted beside the exact closed form,
to the integer, and beside what the literature's formulas say of it. Which tokens they are does
not matter to the count, so no tokenizer is needed.

G generated tokens are one prefill and G - 1 decode steps. Where a difference between the count
and the exact form has no known reason, it is shown as unexplained and the command fails.`,
		Example: `  gptmeter flops --model synthetic:gpt2 --prompt 128 --generate 64
  gptmeter flops --model ./gpt2 --prompt 128 --generate 1 --all-logits --json
  gptmeter flops --model synthetic:gpt2 --plot flops.svg`,
		Args:    arguments(0, ""),
		PreRunE: settle,
		RunE: func(c *cobra.Command, _ []string) error {
			format, err := pictureFormat(f.plot)
			if err != nil {
				return err
			}
			r, err := interruptible(c.Context(), func() (*flopsReport, error) { return p.countFlops(c.Context(), f) })
			if err != nil {
				return err
			}
			return p.showFlops(f, r, format)
		},
	}
	flags := c.Flags()
	f.modelFlags.add(c)
	whole(flags, &f.prompt, "prompt", 1, math.MaxInt, "tokens of the prompt")
	whole(flags, &f.generate, "generate", 0, math.MaxInt, "tokens to generate")
	flags.BoolVar(&f.allLogits, "all-logits", false, "make logits for every token of the prompt, not for the last alone")
	flags.StringVar(&f.plot, "plot", "", "draw the counts as bars into this `FILE`, .svg or .png")
	flags.BoolVar(&f.json, "json", false, "print one JSON document")
	configFlag(c)
	return c
}

// countFlops loads the model, runs the request and sets its count beside theory.
func (p *program) countFlops(ctx context.Context, f *flopsFlags) (*flopsReport, error) {
	checkpoint, config, err := p.openModel(ctx, f.model)
	if err != nil {
		return nil, err
	}
	defer checkpoint.Close()
	plan := theory.Plan{Shape: shapeOf(config), Prompt: int64(f.prompt), Generate: int64(f.generate), AllLogits: f.allLogits}
	// The last token that is generated is not read.
	if f.prompt > config.Positions || f.generate-1 > config.Positions-f.prompt {
		return nil, usageError("--prompt %d and --generate %d do not fit the context of %d of %s", f.prompt, f.generate, config.Positions, f.model)
	}
	if err := plan.Check(); err != nil {
		return nil, usageError("%s: %w", f.model, err)
	}
	m, err := p.loadWeights(f.modelFlags, checkpoint, config)
	if err != nil {
		return nil, err
	}
	progress, finish := p.progress("counting")
	defer finish()
	result, err := runPlan(ctx, m, plan, progress)
	if err != nil {
		return nil, err
	}
	return newFlopsReport(m, plan, result), nil
}

func shapeOf(c model.Config) theory.Shape {
	return theory.Shape{
		Layers: int64(c.Layers), Heads: int64(c.Heads), Width: int64(c.Width), Inner: int64(c.Inner),
		Vocabulary: int64(c.Vocabulary), Positions: int64(c.Positions),
	}
}

// runPlan has a new engine serve the request of the plan. It calls progress, if not nil, with the
// tokens that went through the model so far and all that will.
func runPlan(ctx context.Context, m *loaded, plan theory.Plan, progress func(done, all int64)) (engine.Result, error) {
	e := engine.New(m.model, m.exec, nil, engine.DefaultOptions, m.took)
	task, err := e.Submit(planned(plan))
	if err != nil {
		return engine.Result{}, err
	}
	for e.Pending() {
		if ctx.Err() != nil {
			return engine.Result{}, errInterrupted
		}
		_, err := e.Step()
		switch {
		case errors.Is(err, engine.ErrLogits):
			return engine.Result{}, unusable(fmt.Errorf("%s: %w", m.name, err))
		case err != nil:
			return engine.Result{}, err
		}
		if progress != nil {
			done := task.Result().Meter
			progress(done.Prefill.Tokens+done.Decode.Tokens, plan.Prompt+max(0, plan.Generate-1))
		}
	}
	return task.Result(), nil
}

// planned is the request that the plan is of: greedy, and scored where all logits are wanted,
// which is what makes the engine compute them.
func planned(plan theory.Plan) engine.Request {
	r := engine.Default()
	r.MaxTokens, r.IgnoreEOS = int(plan.Generate), true
	r.Sampling = engine.Sampling{TopP: 1, RepeatPenalty: 1}
	for i := range plan.Prompt {
		r.Prompt = append(r.Prompt, int(i%plan.Shape.Vocabulary))
	}
	if plan.AllLogits {
		r.Echo, r.Logprobs = true, 0
	}
	return r
}

// showFlops prints the report and draws its picture, whole in any case, and then fails if something
// is unexplained.
func (p *program) showFlops(f *flopsFlags, r *flopsReport, format string) error {
	if f.json {
		if err := p.stdout.document(r); err != nil {
			return err
		}
	} else {
		r.print(p.stdout)
	}
	if format != "" {
		picture, err := r.picture(format)
		if err != nil {
			return err
		}
		if err := writeWhole("--plot", f.plot, picture); err != nil {
			return err
		}
	}
	return r.unexplained()
}

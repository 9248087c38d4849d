package main

import (
	"io"
	"math"
	"os"
	"unicode/utf8"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
	"github.com/spf13/cobra"
)

// generateFlags are those of generate that are not of one request.
type generateFlags struct {
	modelFlags
	base       request // what each prompt asks for unless its line says otherwise
	promptFile string
	maxBatch   int
	synthetic  bool
	noMeter    bool
	by         string      // how finely the receipt is divided
	watts      float64     // 0 for unknown
	price      string      // a preset or a file, "" for none
	rate       *meter.Rate // by the price, nil for none
	trace      string      // file, "" for none
	json       bool
}

// Values of --by.
const (
	byPhase    = "phase"
	byOperator = "operator"
	byLayer    = "layer"
)

func (p *program) generate() *cobra.Command {
	f := &generateFlags{base: newRequest(), maxBatch: engine.DefaultOptions.MaxBatch}
	c := &cobra.Command{
		Use:   "generate [flags] [PROMPT]",
		Short: "Continue a text",
		Long: `Continue PROMPT, or what stdin holds if PROMPT is - or missing. The text streams to stdout as
it is made; then a receipt of what was counted and timed goes to stderr.

With --prompt-file each line is a JSON object with prompt or prompt_ids and any of the flags
from --truncate to --logprobs as keys, with _ for -. The lines run as one batch, and the answers
are JSON lines in the order of the input. The file is checked whole before anything is generated.`,
		Example: `  gptmeter generate "Once upon a time"
  gptmeter generate --model ./gpt2 --temperature 0 --max-tokens 20 "The AI is"
  gptmeter generate --json --logprobs 3 --seed 7 "The cat"
  gptmeter generate --max-tokens 0 --echo --logprobs 0 --json "a text to score"
  gptmeter generate --prompt-file prompts.jsonl > answers.jsonl`,
		Args:    arguments(1, "PROMPT"),
		PreRunE: settle,
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if f.rate, err = rateOf(f.price); err != nil {
				return err
			}
			requests, err := interruptible(c.Context(), func() ([]request, error) { return p.requests(f, args) })
			if err != nil {
				return err
			}
			trace, err := createTrace(f.trace)
			if err != nil {
				return err
			}
			m, err := interruptible(c.Context(), func() (*loaded, error) { return p.load(c.Context(), f.modelFlags, f.synthetic) })
			if err == nil {
				err = p.answer(c.Context(), f, m, trace, requests)
			}
			return trace.close(err)
		},
	}
	flags := c.Flags()
	f.modelFlags.add(c)
	flags.BoolVar(&f.synthetic, "allow-synthetic", false, "generate with random weights too")
	flags.StringVar(&f.promptFile, "prompt-file", "", "answer the JSON lines of this `FILE`, - for stdin, as a batch")
	whole(flags, &f.maxBatch, "max-batch", 1, math.MaxInt, "most answers to generate side by side")
	f.base.flags(flags)
	flags.BoolVar(&f.noMeter, "no-meter", false, "no receipt, and no meter in JSON")
	choice(c, &f.by, "by", []string{byPhase, byOperator, byLayer}, "divide the receipt so far; by layer, JSON too")
	number(flags, &f.watts, "watts", "above 0", func(x float64) bool { return x > 0 },
		"what the busy machine takes, for its energy where no counter can be read")
	flags.Lookup("watts").DefValue = ""
	flags.StringVar(&f.price, "price", "", "state what it costs, by a preset's name or a TOML `FILE`: see gptmeter cost --list")
	flags.StringVar(&f.trace, "trace", "", "write steps, operators and requests to this `FILE`, for ui.perfetto.dev")
	flags.BoolVar(&f.json, "json", false, "print one JSON document, in the form of an OpenAI completion")
	configFlag(c)
	return c
}

// requests collects the prompts, wherever they are.
func (p *program) requests(f *generateFlags, args []string) ([]request, error) {
	sources := len(args)
	if f.promptFile != "" {
		sources++
	}
	if f.base.ids != nil {
		sources++
	}
	if sources > 1 {
		return nil, usageError("more than one of PROMPT, --prompt-ids and --prompt-file is given")
	}
	switch {
	case f.promptFile == "-":
		return readPrompts("stdin", p.stdin, f.base)
	case f.promptFile != "":
		file, err := os.Open(f.promptFile)
		if err != nil {
			return nil, unusable(err)
		}
		defer file.Close()
		return readPrompts(f.promptFile, file, f.base)
	}
	r := f.base
	if r.ids == nil {
		text, err := p.text(args, "PROMPT")
		if err != nil {
			return nil, err
		}
		r.text = text
	}
	return []request{r}, nil
}

// text is the argument, or what stdin holds where that is - or missing.
func (p *program) text(args []string, name string) (text string, err error) {
	source := name
	switch {
	case len(args) > 0 && args[0] != "-":
		text = args[0]
	case len(args) == 0 && isTerminal(p.stdin):
		return "", errorWithHint(usageError("no %s is given", name), `write it in quotes, or pipe it in; "" is an empty one`)
	default:
		source = "stdin"
		all, err := io.ReadAll(io.LimitReader(p.stdin, maxPromptBytes+1))
		if err != nil {
			return "", unusable(err)
		}
		if len(all) > maxPromptBytes {
			return "", usageError("stdin: longer than %d bytes", maxPromptBytes)
		}
		text = string(all)
	}
	if !utf8.ValidString(text) {
		return "", usageError("%s: not valid UTF-8", source)
	}
	return text, nil
}

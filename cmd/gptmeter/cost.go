package main

import (
	"errors"
	"math/big"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
	"github.com/gptmeter/gptmeter/tensor"
)

// costFlags are the flags of cost.
type costFlags struct {
	price    string
	compare  []string
	list     bool
	scenario string
	measured string
	modelFlags
	batch, depth int
	peakSeconds  float64
	scale        bool

	requestsPerDay   *big.Rat
	promptTokens     int
	completionTokens int
	requests         string // a log
	utilization      *big.Rat
	curve            bill.Curve
	maxTTFT, maxTPOT float64

	levers bool
	at     []float64 // percent
	hosted *bill.Hosted
	as     *big.Rat
	train  *big.Rat
	peak   *big.Rat

	output string
	json   bool
	report string // file, "" for none
}

func (p *program) cost() *cobra.Command {
	flat, _ := bill.ParseCurve(bill.Flat)
	f := &costFlags{curve: flat, peakSeconds: 0.25, at: []float64{5, 25, 50, 100}}
	c := &cobra.Command{
		Use:   "cost [flags]",
		Short: "Work out what serving a load costs a day",
		Long: `Work out what a day, a request and a million tokens cost: hardware, electricity, software licences
and the data centre, from what machines cost and how fast this one was measured to be.

A price is a preset, which --list shows, or a TOML file. Without --measured the model is measured
first, for about a minute. Without a load the bill is that of one machine which is always busy.

All that is paid is shared out among requests, the time in which machines are idle included; beside
it stands what their work alone costs.`,
		Example: `  gptmeter cost --list
  gptmeter cost --scenario semianalysis-2023
  gptmeter bench -o json > bench.json
  gptmeter cost --measured bench.json --price rented-2 --requests-per-day 10000 --prompt-tokens 256 --completion-tokens 128
  gptmeter cost --measured bench.json --price mine.toml --requests log.jsonl --curve office --max-tpot 0.1
  gptmeter cost --measured bench.json --price mine.toml --utilization 0.5 --compare rented-2,rented-2-spot
  gptmeter cost --measured bench.json --price rented-2 --report cost.html`,
		Args:    arguments(0, ""),
		PreRunE: settle,
		RunE:    func(c *cobra.Command, _ []string) error { return p.runCost(c, f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.price, "price", "", "a preset's name, or a TOML `FILE`")
	c.RegisterFlagCompletionFunc("price", cobra.FixedCompletions(price.Presets(), cobra.ShellCompDirectiveDefault))
	flags.BoolVar(&f.list, "list", false, "list presets and scenarios")
	flags.StringVar(&f.scenario, "scenario", "", "rebuild the published estimate of this `NAME`, which --list shows, line by line")
	flags.StringVar(&f.measured, "measured", "", "take throughput from this `FILE` of bench -o json, and measure nothing")
	modelFlag(c, &f.model, "synthetic:gpt2")
	dtypes := []string{auto}
	for _, d := range tensor.DTypes() {
		dtypes = append(dtypes, d.String())
	}
	choice(c, &f.dtype, "dtype", dtypes, "results of weights so held; auto takes what there is")
	choice(c, &f.kernel, "kernel", append([]string{auto}, tensor.Kernels()...), "which code computes, without --measured")
	optional(c, &f.threads, "threads", 1, maxThreads, "results on so many threads")
	optional(c, &f.batch, "batch", 1, maxBatch, "results of so many sequences side by side (default: the most that keep the limits)")
	optional(c, &f.depth, "depth", 0, maxLength, "results of sequences after so many tokens")

	number(flags, &f.peakSeconds, "peak-seconds", "in 0..60", func(x float64) bool { return x >= 0 && x <= 60 },
		"how long to measure each of the machine's limits, without --measured; 0 measures none")

	rational(flags, &f.requestsPerDay, "requests-per-day", "requests that come in a day")
	optional(c, &f.promptTokens, "prompt-tokens", 0, maxLength, "tokens of a request's prompt")
	optional(c, &f.completionTokens, "completion-tokens", 0, maxLength, "tokens that a request generates")
	flags.StringVar(&f.requests, "requests", "", "take the day's requests from this `FILE` of JSON lines: what generate --json prints, or prompt_tokens, completion_tokens and count; - is stdin")
	rational(flags, &f.utilization, "utilization", "share of the day, 0..1, that a machine is busy; in place of requests")
	flags.Var(value[bill.Curve]{&f.curve, "string", bill.ParseCurve}, "curve", "when requests come: flat, office, or 24 `NUMBERS` with commas between (default flat)")
	flags.Lookup("curve").DefValue = ""
	positive := func(x float64) bool { return x > 0 && x <= 1e6 }
	number(flags, &f.maxTTFT, "max-ttft", "above 0", positive, "seconds to the first token that a request may take")
	number(flags, &f.maxTPOT, "max-tpot", "above 0", positive, "seconds per further token that a request may take")
	flags.Lookup("max-ttft").DefValue, flags.Lookup("max-tpot").DefValue = "", ""

	flags.Var(list[string]{to: &f.compare, kind: "string", parse: func(s string) (string, error) { return s, nil }}, "compare", "`PRICES` to set beside it, with commas between; PRICE@BENCH.json for a machine that was measured apart")
	flags.BoolVar(&f.levers, "levers", false, "rank what would make it cheaper: every format, batch and number of threads, and what machines cost")
	flags.Var(list[float64]{to: &f.at, kind: numberType, parse: parseNumber("above 0 and at most 100", func(x float64) bool { return x > 0 && x <= 100 })}, "at",
		"`PERCENTAGES` of utilization at which to show the cost of tokens")
	flags.Var(value[*bill.Hosted]{&f.hosted, "string", parseHosted}, "hosted",
		"find when a hosted model is cheaper that costs so much for a million prompt and a million completion tokens: `IN,OUT`")
	flags.Lookup("hosted").DefValue = ""
	flags.BoolVar(&f.scale, "scale-throughput", false, "where a price is of machines with other cores than were measured, take throughput in proportion")
	rational(flags, &f.as, "as", "project to a model of so many parameters")
	rational(flags, &f.train, "train-tokens", "with --as, add what training it once on so many tokens costs")
	rational(flags, &f.peak, "peak-flops", "with --as, on machines of that peak in operations a second, at the measured share of it")
	flags.StringVarP(&f.output, "output", "o", "table", "format of the answer ("+strings.Join(costFormats(), "|")+")")
	flags.BoolVar(&f.json, "json", false, "print one JSON document: -o json")
	flags.StringVar(&f.report, "report", "", "write the answer, with pictures, into this `FILE` as a page for a browser")
	configFlag(c)
	return c
}

func parseHosted(text string) (*bill.Hosted, error) {
	in, out, both := strings.Cut(text, ",")
	prompt, errIn := parseAmount(in)
	completion, errOut := parseAmount(out)
	if !both || errIn != nil || errOut != nil {
		return nil, errors.New("not two prices, of a million prompt and of a million completion tokens")
	}
	return &bill.Hosted{PerMillionPrompt: prompt, PerMillionCompletion: completion}, nil
}

// optional adds a flag for a whole number that need not be there.
func optional(c *cobra.Command, to *int, name string, least, most int, usage string) {
	whole(c.Flags(), to, name, least, most, usage)
	c.Flags().Lookup(name).DefValue = ""
}

package main

import (
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
)

// runCost checks what can be checked, measures if it has to, and answers.
func (p *program) runCost(c *cobra.Command, f *costFlags) error {
	// The environment and a file count too, but for --output, which is of other commands as well.
	given := map[string]bool{}
	c.Flags().VisitAll(func(flag *pflag.Flag) { given[flag.Name] = flag.Changed && flag.Name != "output" })
	c.Flags().Visit(func(flag *pflag.Flag) { given[flag.Name] = true })
	if err := f.check(given); err != nil {
		return err
	}
	if f.list {
		return p.listPrices(f)
	}
	if f.scenario != "" {
		return p.showScenario(f)
	}
	q, err := p.query(f, given)
	if err != nil {
		return err
	}
	r, err := p.measurements(c.Context(), f, given, q)
	if err != nil {
		return err
	}
	q.Measured = measuredIn(r)
	a, err := q.Answer()
	if err != nil {
		return costError(err)
	}
	if !given["requests-per-day"] && !given["requests"] && !given["utilization"] {
		a.Remarks = append(a.Remarks, "no load was given: this is one machine that is always busy")
	}
	if err := f.writeReport(a); err != nil {
		return err
	}
	return p.showCost(f, a)
}

// check finds flags that do not go together.
func (f *costFlags) check(given map[string]bool) error {
	refuse := func(a, b string) error { return usageError("--%s and --%s do not go together", a, b) }
	switch {
	case given["utilization"] && given["requests"]:
		return refuse("utilization", "requests")
	case given["utilization"] && given["requests-per-day"]:
		return refuse("utilization", "requests-per-day")
	case f.report != "" && f.list:
		return refuse("list", "report")
	case f.report != "" && f.scenario != "":
		return refuse("scenario", "report")
	case given["utilization"] && given["curve"]:
		return refuse("utilization", "curve")
	case given["requests"] && (given["prompt-tokens"] || given["completion-tokens"]):
		return refuse("requests", "prompt-tokens")
	case given["prompt-tokens"] != given["completion-tokens"]:
		return usageError("--prompt-tokens and --completion-tokens: one is no length without the other")
	case given["requests-per-day"] && !given["requests"] && !given["prompt-tokens"]:
		return errorWithHint(usageError("--requests-per-day: how long are they?"), "--prompt-tokens and --completion-tokens say so, or a log with --requests")
	case f.utilization != nil && f.utilization.Cmp(big.NewRat(1, 1)) > 0:
		return errorWithHint(usageError("--utilization %s: not in 0..1", price.Decimal(f.utilization)), "it is a share: 0.5 is half of the day")
	case f.as == nil && (f.train != nil || f.peak != nil):
		return usageError("--train-tokens and --peak-flops are of use with --as alone")
	case f.as != nil && f.as.Sign() == 0 || f.peak != nil && f.peak.Sign() == 0:
		return usageError("--as and --peak-flops are above 0")
	case f.json && given["output"] && f.output != "json":
		return usageError("--json and --output %s are two formats", f.output)
	}
	if f.json {
		f.output = "json"
	}
	if err := oneOf(new(string), costFormats()).Set(f.output); err != nil {
		return usageError("--output %s: %w", f.output, err)
	}
	if f.report != "" {
		if err := checkFolder("--report", f.report); err != nil {
			return err
		}
	}
	if f.price == "" && !f.list && f.scenario == "" {
		return errorWithHint(usageError("--price: it is needed"), "gptmeter cost --list shows the presets; a TOML file can stand there too")
	}
	return nil
}

// query is what the flags ask, without measurements.
func (p *program) query(f *costFlags, given map[string]bool) (*bill.Query, error) {
	q := &bill.Query{Requests: f.requestsPerDay, Utilization: f.utilization, Curve: f.curve, Hosted: f.hosted, ScaleThroughput: f.scale,
		Limits: bill.Limits{TTFT: f.maxTTFT, TPOT: f.maxTPOT}}
	var err error
	if q.Price, err = openPrice(f.price); err != nil {
		return nil, err
	}
	for _, name := range f.compare {
		other, err := openOther(name)
		if err != nil {
			return nil, err
		}
		q.Compare = append(q.Compare, other)
	}
	if q.Levers = f.levers; f.levers {
		if q.Others, err = otherPrices(q); err != nil {
			return nil, err
		}
	}
	for _, percent := range f.at {
		q.At = append(q.At, new(big.Rat).Quo(decimal(percent), big.NewRat(100, 1)))
	}
	switch {
	case f.requests != "":
		log, err := p.readLog(f.requests, f.requestsPerDay == nil)
		if err != nil {
			return nil, err
		}
		q.Lengths, q.Logged = log.lengths, log.seconds
	case given["prompt-tokens"]:
		q.Lengths = []bill.Length{{PromptTokens: int64(f.promptTokens), CompletionTokens: int64(f.completionTokens), Count: 1}}
	}
	if q.Requests == nil && f.requests == "" && q.Utilization == nil {
		q.Utilization = big.NewRat(1, 1)
	}
	q.Want = bill.Want{DType: f.dtype}
	if f.dtype == auto {
		q.Want.DType = ""
	}
	for name, of := range map[string]struct {
		to   **int
		from *int
	}{"threads": {&q.Want.Threads, &f.threads}, "batch": {&q.Want.Batch, &f.batch}, "depth": {&q.Want.Depth, &f.depth}} {
		if given[name] {
			*of.to = of.from
		}
	}
	if f.as != nil {
		q.As = &bill.AsQuery{Parameters: f.as, TrainTokens: f.train, Peak: f.peak}
	}
	return q, nil
}

// decimal is the decimal that x was read from.
func decimal(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(fmt.Sprint(x))
	return r
}

// openPrice is a preset, or what a file says.
func openPrice(name string) (*price.Price, error) {
	if slices.Contains(price.Presets(), name) {
		return price.Preset(name)
	}
	p, err := price.Read(name)
	var unknown *price.UnknownError
	switch {
	case err == nil:
		return p, nil
	case errors.As(err, &unknown):
		if word := near(unknown.Word, unknown.Known); word != "" {
			return nil, errorWithHint(unusable(err), "did you mean %s?", word)
		}
		return nil, unusable(err)
	case errors.Is(err, os.ErrNotExist) && !strings.ContainsAny(name, `./\`):
		err = usageError("--price %s: neither a preset nor a file", name)
		if word := near(name, price.Presets()); word != "" {
			return nil, errorWithHint(err, "did you mean %s?", word)
		}
		return nil, errorWithHint(err, "gptmeter cost --list shows the presets")
	}
	return nil, unusable(err)
}

// openOther opens what --compare names: a price, or a price, @, and a file that such a machine was
// measured in.
func openOther(name string) (o bill.Other, err error) {
	priceName, file, apart := strings.Cut(name, "@")
	if o.Price, err = openPrice(priceName); err != nil || !apart {
		return o, err
	}
	if file == "" {
		return o, usageError("--compare %s: no file stands after @", name)
	}
	r, err := readMeasured(file)
	if err != nil {
		return o, err
	}
	m := measuredIn(r)
	o.Measured = &m
	return o, nil
}

// otherPrices are the presets, but for examples, that are not in the query already.
func otherPrices(q *bill.Query) (list []bill.Other, err error) {
	for _, name := range price.Presets() {
		p, err := price.Preset(name)
		if err != nil {
			return nil, err
		}
		known := name == q.Price.Name || slices.ContainsFunc(q.Compare, func(o bill.Other) bool { return o.Price.Name == name })
		if !known && !p.Example() {
			list = append(list, bill.Other{Price: p})
		}
	}
	return list, nil
}

// costError gives an error of package bill, which the flags have caused, its exit code and hint.
func costError(err error) error {
	var choice *bill.ChoiceError
	var cores *bill.CoresError
	var latency *bill.LatencyError
	failed := usageError("%w", err)
	switch {
	case errors.As(err, &choice):
		return errorWithHint(failed, "--dtype, --threads, --depth and --batch choose among them")
	case errors.As(err, &cores):
		return errorWithHint(failed, "--scale-throughput takes throughput in proportion to cores, as an estimate")
	case errors.As(err, &latency):
		return errorWithHint(failed, "a faster machine, a smaller batch that is measured, or longer --max-ttft and --max-tpot")
	}
	return failed
}

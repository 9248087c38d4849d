package main

import (
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gptmeter/gptmeter/benchmarks"
	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
)

// benchFlags are the flags of bench.
type benchFlags struct {
	model       string
	dtypes      []string
	threads     []int
	kernel      string
	prompts     []int
	generates   []int
	batches     []int
	depths      []int
	repetitions int
	peakSeconds float64
	fresh       bool
	output      string
	json        bool
	plot        string
	price       string
	rate        *meter.Rate // by the price, nil for none
	loadFlags
}

// loadFlags are those of bench --load.
type loadFlags struct {
	load     bool
	users    []int
	rates    []float64
	duration float64
	most     int
	lengths  string
	seed     int
	maxTTFT  float64
	maxTPOT  float64
}

// Limits on what is asked for, far beyond what there is a use for.
const (
	maxLength = 1 << 20
	maxBatch  = 1 << 16
)

func (p *program) bench() *cobra.Command {
	f := &benchFlags{
		dtypes: []string{auto}, prompts: []int{512}, generates: []int{128}, batches: []int{1, 8, 32}, depths: []int{0},
		repetitions: 5, peakSeconds: keptPeakSeconds, loadFlags: loadFlags{duration: 30, seed: 1},
	}
	c := &cobra.Command{
		Use:   "bench [flags]",
		Short: "Measure how fast a model runs",
		Long: `Measure how fast a model reads prompts and generates, for every combination of what is asked
for. The tests are llama-bench's: pp512 reads prompts of 512 tokens, tg128 makes 128 tokens one
after the other. With --batch 8 eight sequences do so side by side; with --depth 100 each comes
after 100 tokens that are in its cache. tokens/s is of the whole batch, without choosing tokens
and making text. The machine's peaks are measured between the tests.

With --load, requests are sent as users would: a closed loop for each number of --users, a Poisson
process for each --rate. Times are from a request's arrival, its wait in the queue included.`,
		Example: `  gptmeter bench
  gptmeter bench --model ./gpt2 --prompt 128,512 --generate none --threads 1,2
  gptmeter bench --batch 1,2,4,8,16,32 --depth 0,512 -o json --plot bench.svg > bench.json
  gptmeter bench --generate none -o benchfmt > new && benchstat old new
  gptmeter bench --load --users 1,4,16 --prompt 64 --max-ttft 0.5 --max-tpot 0.1`,
		Args:    arguments(0, ""),
		PreRunE: settle,
		RunE:    func(c *cobra.Command, _ []string) error { return p.runBench(c, f) },
	}
	flags := c.Flags()
	dtypes := []string{auto}
	for _, d := range tensor.DTypes() {
		dtypes = append(dtypes, d.String())
	}
	dtype := oneOf(new(string), dtypes)
	modelFlag(c, &f.model, "synthetic:gpt2")
	flags.Var(list[string]{to: &f.dtypes, kind: "string", parse: func(text string) (string, error) {
		return text, dtype.Set(text)
	}},
		"dtype", "`FORMATS` in which weights are held ("+strings.Join(dtypes, "|")+")")
	flags.Var(list[int]{to: &f.threads, kind: numberType, parse: parseWhole(1, maxThreads)}, "threads",
		"`NUMBERS` of threads that compute (default: the physical cores this process may use)")
	choice(c, &f.kernel, "kernel", append([]string{auto}, tensor.Kernels()...), "which code computes")
	flags.Var(list[int]{to: &f.prompts, kind: numberType, parse: parseWhole(1, maxLength), empty: "none"}, "prompt", "`LENGTHS` of prompts to read, or none")
	flags.Var(list[int]{to: &f.generates, kind: numberType, parse: parseWhole(1, maxLength), empty: "none"}, "generate", "`NUMBERS` of tokens to generate, or none")
	flags.Var(list[int]{to: &f.batches, kind: numberType, parse: parseWhole(1, maxBatch)}, "batch", "`NUMBERS` of sequences side by side; with --load the largest, at most")
	flags.Var(list[int]{to: &f.depths, kind: numberType, parse: parseWhole(0, maxLength)}, "depth", "`NUMBERS` of tokens that each sequence comes after (default 0)")
	whole(flags, &f.repetitions, "repetitions", 1, 1<<20, "how often to run each test")
	flags.StringVarP(&f.output, "output", "o", "table", "format of the report ("+strings.Join(formatNames(benchmarks.Formats()), "|")+")")
	flags.BoolVar(&f.json, "json", false, "print one JSON document: -o json")
	flags.StringVar(&f.plot, "plot", "", "draw the roofline, and throughput by batch, into this `FILE`, .svg or .png")
	flags.StringVar(&f.price, "price", "", "a preset of cost --list, or a TOML `FILE`, in USD: state what a million tokens cost on a machine that is always busy")
	number(flags, &f.peakSeconds, "peak-seconds", "in 0..60", func(x float64) bool { return x >= 0 && x <= 60 },
		"how long to measure each of the machine's limits; 0 measures none")
	flags.BoolVar(&f.fresh, "fresh", false, "forget the peaks that were kept; with --load, measure them again")

	flags.BoolVar(&f.load, "load", false, "send requests as users would")
	flags.Var(list[int]{to: &f.users, kind: numberType, parse: parseWhole(1, maxBatch)}, "users", "`NUMBERS` of users who each send a request when they have the answer to the last (default: 1, without --rate)")
	flags.Var(list[float64]{to: &f.rates, kind: numberType, parse: parseNumber("above 0", func(x float64) bool { return x > 0 })}, "rate",
		"`NUMBERS` of requests a second, which come at random")
	number(flags, &f.duration, "duration", "above 0", func(x float64) bool { return x > 0 && x <= 1e6 }, "seconds in which requests come; all that have come are answered")
	whole(flags, &f.most, "max-requests", 1, math.MaxInt, "most requests to send")
	flags.Lookup("max-requests").DefValue = ""
	flags.StringVar(&f.lengths, "lengths", "", "take requests' lengths in turn from this `FILE` of JSON lines with prompt_tokens and completion_tokens")
	whole(flags, &f.seed, "seed", 0, math.MaxInt, "seed of the times at which requests come")
	number(flags, &f.maxTTFT, "max-ttft", "above 0", func(x float64) bool { return x > 0 && x <= 1e6 }, "seconds to the first token that a good request takes at most")
	number(flags, &f.maxTPOT, "max-tpot", "above 0", func(x float64) bool { return x > 0 && x <= 1e6 }, "seconds per further token that a good request takes at most")
	flags.Lookup("max-ttft").DefValue, flags.Lookup("max-tpot").DefValue = "", ""
	configFlag(c)
	return c
}

func formatNames[R any](formats []benchmarks.Format[R]) (names []string) {
	for _, f := range formats {
		names = append(names, f.Name)
	}
	return names
}

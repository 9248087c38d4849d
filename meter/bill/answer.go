package bill

import (
	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/price"
)

// An Answer is what a load costs: the document of `gptmeter cost --json`. Amounts are in the price's
// currency, seconds are machine seconds, utilizations are shares of 1. A pointer is nil, and null in
// JSON, where there is nothing to state; a list is empty where it was not asked for.
type Answer struct {
	Price       *price.Price `json:"price"`
	Load        Load         `json:"load"`
	Throughput  Throughput   `json:"throughput"`
	Machines    int64        `json:"machines"`
	Utilization float64      `json:"utilization"`
	Day         Day          `json:"day"`

	PerUnit         // all that is paid, shared out; null without a number of requests
	Usage   PerUnit `json:"usage"` // what the work alone costs

	Sensitivity []Swing      `json:"sensitivity"` // the widest first
	Comparison  []Comparison `json:"comparison"`
	BreakEven   []BreakEven  `json:"break_even"`
	At          []At         `json:"at"`
	Batches     []Batch      `json:"batches"`
	Roofline    *Roofline    `json:"roofline"`
	Levers      *Levers      `json:"levers"`
	As          *As          `json:"as"`
	Remarks     []string     `json:"remarks"` // what whoever reads the figures has to know
}

// A Load is what is served. Where a utilization was given in its place, its counts are null.
type Load struct {
	Kind             string       `json:"kind"` // "requests" or "utilization"
	RequestsPerDay   *Amount      `json:"requests_per_day"`
	PromptTokens     *Amount      `json:"prompt_tokens"`     // of a request, in the mean
	CompletionTokens *Amount      `json:"completion_tokens"` // of a request, in the mean
	Curve            []float64    `json:"curve"`             // each hour's share of the day's requests; null with a utilization
	CurveName        string       `json:"curve_name"`        // "flat", "office" or "given"; "" with a utilization
	BusySeconds      *Amount      `json:"busy_seconds"`      // of the day, all machines together
	PeakBusySeconds  *Amount      `json:"peak_hour_busy_seconds"`
	PeakConcurrency  *float64     `json:"peak_hour_concurrency"`  // requests at once on a machine that is in use, in the mean
	Logged           *Amount      `json:"logged_machine_seconds"` // of the day, as a log's own meter counted them
	MaxTTFT          *float64     `json:"max_ttft_seconds"`
	MaxTPOT          *float64     `json:"max_tpot_seconds"`
	Histogram        []Length     `json:"histogram,omitempty"` // of a log with few different lengths
	Source           meter.Source `json:"source"`
}

// A Length is that of so many requests.
type Length struct {
	PromptTokens     int64 `json:"prompt_tokens"`
	CompletionTokens int64 `json:"completion_tokens"`
	Count            int64 `json:"count"`
}

// Throughput is how fast a machine is, and which results of a benchmark say so.
type Throughput struct {
	PrefillTokensPerSecond float64      `json:"prefill_tokens_per_second"`
	DecodeTokensPerSecond  float64      `json:"decode_tokens_per_second"` // of the whole batch
	Source                 meter.Source `json:"source"`
	Prefill                *Choice      `json:"prefill"` // the result that was chosen
	Decode                 *Choice      `json:"decode"`
	TTFTSeconds            *float64     `json:"ttft_seconds"` // of a request, estimated without waiting in a queue
	TPOTSeconds            *float64     `json:"tpot_seconds"` // a decode step of the batch
	Machine                *Machine     `json:"machine"`      // that was measured
	Model                  string       `json:"model"`
	Scale                  float64      `json:"scale"` // that measured rates were multiplied by; 1 for none
}

// A Choice is a result of a benchmark.
type Choice struct {
	Test            string    `json:"test"` // pp512, tg128
	DType           string    `json:"dtype"`
	Batch           int       `json:"batch"`
	Threads         int       `json:"threads"`
	Depth           int       `json:"depth"`
	TokensPerSecond float64   `json:"tokens_per_second"` // the median
	Samples         []float64 `json:"samples"`           // of the repetitions
}

// A Machine is what was measured.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Date   string `json:"date"` // of the measurement, RFC 3339
}

// A Day is the bill of a day.
type Day struct {
	Total      *Amount   `json:"total"`
	IdleAmount *Amount   `json:"idle_amount"`
	Lines      []Line    `json:"lines"`
	Interval   *Interval `json:"interval"` // null where neither repetitions nor ranges say how sure the total is
}

// A Line is one of a bill: hardware, electricity, software_licences or data_centre.
type Line struct {
	Name       string           `json:"name"`
	Amount     *Amount          `json:"amount"`
	IdleAmount *Amount          `json:"idle_amount"` // of the amount, what idle time costs
	Source     meter.Source     `json:"source"`
	Of         price.Provenance `json:"of"` // the figures behind it
}

// An Interval holds the total with that confidence.
type Interval struct {
	Low        *Amount  `json:"low"`
	High       *Amount  `json:"high"`
	Confidence float64  `json:"confidence"`
	Draws      int      `json:"draws"`
	Seed       uint64   `json:"seed"`
	Varied     []string `json:"varied"` // what was drawn: throughput, or keys of the price
}

// PerUnit is what a request, or a million tokens, costs.
type PerUnit struct {
	PerRequest                 *Amount `json:"per_request"`
	PerMillionPromptTokens     *Amount `json:"per_million_prompt_tokens"`
	PerMillionCompletionTokens *Amount `json:"per_million_completion_tokens"`
	PerMillionTokens           *Amount `json:"per_million_tokens"`
}

// A Swing is how far one input moves the day's total (a bar of a tornado).
type Swing struct {
	Input     string  `json:"input"` // a key of the price, a rate, or a length
	Unit      string  `json:"unit"`
	Value     *Amount `json:"value"`
	Low       *Amount `json:"low"`
	High      *Amount `json:"high"`
	TotalLow  *Amount `json:"total_low"`  // the day's total at Low
	TotalHigh *Amount `json:"total_high"` // the day's total at High
	Basis     string  `json:"basis"`      // what Low and High are: "range", "repetitions", "±20 %", "±1"
}

// A Comparison is the same load under another price.
type Comparison struct {
	Price       *price.Price `json:"price"`
	Throughput  Throughput   `json:"throughput"`
	Machines    int64        `json:"machines"`
	Utilization float64      `json:"utilization"`
	Day         Day          `json:"day"`
	PerUnit
	Usage      PerUnit `json:"usage"`
	Difference *Amount `json:"difference"` // its total less the answer's
}

// A BreakEven is where two ways to serve the load cost the same.
type BreakEven struct {
	Between string  `json:"between"` // a price's name
	And     string  `json:"and"`     // another's, or "hosted"
	Input   string  `json:"input"`   // what Value is: "requests_per_day", "utilization" or "hours_per_day"
	Value   *Amount `json:"value"`   // null where they never cost the same
	Text    string  `json:"text"`    // in words, which is cheaper below and above
}

// An At is what tokens cost on a machine of that utilization, idle time included.
type At struct {
	Utilization                float64 `json:"utilization"`
	PerMillionPromptTokens     *Amount `json:"per_million_prompt_tokens"`
	PerMillionCompletionTokens *Amount `json:"per_million_completion_tokens"`
	PerMillionTokens           *Amount `json:"per_million_tokens"` // in the load's proportion; null without lengths
	Day                        *Amount `json:"day"`                // of one machine
}

// A Batch is what the load costs with another measured batch.
type Batch struct {
	Batch                      int      `json:"batch"`
	DecodeTokensPerSecond      float64  `json:"decode_tokens_per_second"`
	TTFTSeconds                *float64 `json:"ttft_seconds"`
	TPOTSeconds                float64  `json:"tpot_seconds"`
	Meets                      bool     `json:"meets"` // the limits of latency; true without any
	Chosen                     bool     `json:"chosen"`
	Machines                   int64    `json:"machines"`
	Total                      *Amount  `json:"total"`                         // of the day
	PerMillionCompletionTokens *Amount  `json:"per_million_completion_tokens"` // usage: work alone
}

// A Roofline is what the benchmark reached of what its machine can do.
type Roofline struct {
	F32   *float64        `json:"f32_flops_per_second"` // peaks, on so many threads as the results
	Int8  *float64        `json:"int8_ops_per_second"`
	Read  *float64        `json:"read_bytes_per_second"`
	Tests []RooflinePoint `json:"tests"`
}

// A RooflinePoint is a test: operations by time, over operations by byte that is read.
type RooflinePoint struct {
	Choice
	FlopsPerByte   float64  `json:"flops_per_byte_read"`
	FlopsPerSecond float64  `json:"flops_per_second"`
	OfPeak         *float64 `json:"share_of_peak"`
	OfBandwidth    *float64 `json:"share_of_bandwidth"`
}

// Levers are changes that could make the day cheaper.
type Levers struct {
	Each     []Lever `json:"each"`     // the one that saves most first
	Together *Lever  `json:"together"` // the cheapest of all that go together; null where nothing saves
}

// A Lever is one change, all else as it is.
type Lever struct {
	Kind        string       `json:"kind"`    // "dtype", "threads", "batch", "peak", "hardware", or a key of the price; "together"
	Changes     []string     `json:"changes"` // in words, from what to what
	Machines    int64        `json:"machines"`
	Total       *Amount      `json:"total"` // of the day then
	Saves       *Amount      `json:"saves"` // a day; negative where it costs
	TTFTSeconds *float64     `json:"ttft_seconds"`
	TPOTSeconds *float64     `json:"tpot_seconds"`
	Quality     *Quality     `json:"quality"` // null where the model's answers stay the same, to the bit
	Source      meter.Source `json:"source"`
}

// Quality is how far a number format moves the model's answers.
type Quality struct {
	LogprobShift *float64     `json:"mean_logprob_shift"` // mean |Δ log-probability| of a token, from f32
	Source       meter.Source `json:"source"`
}

// As is a projection to a model of another size.
type As struct {
	Parameters    *Amount   `json:"parameters"`
	FlopsPerToken *Amount   `json:"flops_per_token"`
	TrainTokens   *Amount   `json:"train_tokens"`
	Training      *Training `json:"training"`
	Assumptions   []string  `json:"assumptions"`
}

// Training is what training the model once takes.
type Training struct {
	Flops          *Amount `json:"flops"`
	MachineSeconds *Amount `json:"machine_seconds"`
	Cost           *Amount `json:"cost"`
}

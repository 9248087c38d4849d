package benchmarks

import (
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// A LoadReport states what loads have shown.
type LoadReport struct {
	Machine     Machine      `json:"machine"`
	Model       Model        `json:"model"`
	Interrupted bool         `json:"interrupted"` // not all that was asked for is there
	Loads       []LoadResult `json:"loads"`

	Measured *meter.Peaks `json:"-"` // the peaks behind the machine's
}

// A LoadResult states one run. Times are of requests that have ended, from their arrival on, so
// that waiting in a queue is part of them.
type LoadResult struct {
	Arrivals string   `json:"arrivals"` // "closed" or "poisson"
	Users    *int     `json:"users"`    // of a closed loop
	Rate     *float64 `json:"rate_per_second"`
	Seed     *uint64  `json:"seed"` // of the Poisson process
	DType    string   `json:"dtype"`
	Threads  int      `json:"threads"`
	MaxBatch int      `json:"max_batch"`

	Seconds          float64 `json:"seconds"`           // to the last token, or as long as requests were to come
	Requests         int     `json:"requests"`          // that have ended
	Unfinished       int     `json:"unfinished"`        // that had come when the run was interrupted
	PromptTokens     int64   `json:"prompt_tokens"`     // of those that have ended
	CompletionTokens int64   `json:"completion_tokens"` // of those that have ended

	RequestsPerSecond         float64 `json:"requests_per_second"`
	PromptTokensPerSecond     float64 `json:"prompt_tokens_per_second"`
	CompletionTokensPerSecond float64 `json:"completion_tokens_per_second"`

	FirstToken *Times `json:"time_to_first_token_seconds"`
	InterToken *Times `json:"inter_token_seconds"`           // each gap between two tokens of a request
	PerToken   *Times `json:"time_per_output_token_seconds"` // of each request, (last − first)/(n − 1)
	Latency    *Times `json:"request_seconds"`               // to the last token

	Limits  LoadLimits `json:"limits"`
	Good    *int       `json:"good_requests"` // that have kept the limits; null where there are none
	Goodput *float64   `json:"goodput_requests_per_second"`

	MachineSeconds MachineSeconds `json:"machine_seconds"`
	Flops          int64          `json:"flops"`
	FlopsPerSecond *float64       `json:"flops_per_second"` // of the operators' time
	Bytes          int64          `json:"bytes"`
	meter.Shares                  // of the operators' time
}

// Times are a distribution: p90 is the smallest of them that 90 % do not exceed.
type Times struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	Max  float64 `json:"max"`
}

// LoadLimits are Limits in seconds, null where there is none.
type LoadLimits struct {
	FirstToken *float64 `json:"time_to_first_token_seconds"`
	PerToken   *float64 `json:"time_per_output_token_seconds"`
}

// MachineSeconds is where the machine's time went: Requests + Idle = Run, since each step is
// divided among the requests in it.
type MachineSeconds struct {
	Requests float64 `json:"requests"` // what their reports say, added up
	Idle     float64 `json:"idle"`     // between steps
	Run      float64 `json:"run"`
}

func (l Load) result(s *served, peaks *meter.Peaks, m *model.Model, x *tensor.Exec, from source) *LoadResult {
	r := &LoadResult{Arrivals: "closed", Users: &from.users, DType: m.DType().String(), Threads: x.Threads(), MaxBatch: l.MaxBatch}
	if from.users == 0 {
		r.Arrivals, r.Users, r.Rate, r.Seed = "poisson", nil, &from.rate, &l.Seed
	}
	var first, each, whole []float64
	good := 0
	for _, q := range s.requests {
		r.MachineSeconds.Requests += q.report.MachineSeconds
		if !q.done {
			r.Unfinished++
			continue
		}
		usage := q.task.Result().Usage
		r.Requests++
		r.PromptTokens += int64(usage.PromptTokens)
		r.CompletionTokens += int64(usage.CompletionTokens)
		first, whole = append(first, q.firstToken().Seconds()), append(whole, (q.last-q.arrived).Seconds())
		if mean, ok := q.perToken(); ok {
			each = append(each, mean.Seconds())
		}
		if q.good(l.Limits) {
			good++
		}
	}
	r.FirstToken, r.InterToken, r.PerToken, r.Latency = times(first), times(s.gaps), times(each), times(whole)

	total := s.usage.Work.Total()
	run := total.Wall + s.usage.Other + s.usage.Idle
	r.MachineSeconds.Idle, r.MachineSeconds.Run, r.Seconds = s.usage.Idle.Seconds(), run.Seconds(), run.Seconds()
	r.RequestsPerSecond = float64(r.Requests) / r.Seconds
	r.PromptTokensPerSecond = float64(r.PromptTokens) / r.Seconds
	r.CompletionTokensPerSecond = float64(r.CompletionTokens) / r.Seconds
	r.Limits = LoadLimits{seconds(l.Limits.FirstToken), seconds(l.Limits.PerToken)}
	if l.Limits != (Limits{}) {
		rate := float64(good) / r.Seconds
		r.Good, r.Goodput = &good, &rate
	}
	r.Flops, r.Bytes = total.Products+total.Elementwise, total.Read+total.Written
	if s.steps > 0 {
		rate := float64(r.Flops) / total.Wall.Seconds()
		r.FlopsPerSecond, r.Shares = &rate, peaks.Shares(s.usage.Work, m.DType(), x.Threads(), total.Read/s.steps, total.Wall)
	}
	return r
}

// times are of seconds in any order; nil of none.
func times(seconds []float64) *Times {
	if len(seconds) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(seconds))
	return &Times{Mean: stat.Mean(sorted, nil), P50: quantile(sorted, 0.5), P90: quantile(sorted, 0.9), P99: quantile(sorted, 0.99), Max: sorted[len(sorted)-1]}
}

// seconds is a limit's, nil where there is none.
func seconds(limit time.Duration) *float64 {
	if limit == 0 {
		return nil
	}
	s := limit.Seconds()
	return &s
}

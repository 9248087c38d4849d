package benchmarks

import "io"

// writeCSV writes a line for each result, with its figures as JSON has them; an empty field is a
// null. The samples are not there.
func (r *Report) writeCSV(w io.Writer) error {
	names := []string{"cpu", "cores", "kernel", "model", "test", "phase", "dtype", "batch", "threads", "depth", "tokens", "weight_bytes",
		"repetitions", "tokens_per_second_median", "tokens_per_second_mean", "tokens_per_second_stddev", "tokens_per_second_low", "tokens_per_second_high",
		"seconds", "flops", "flops_per_second", "bytes", "bytes_read", "bytes_per_second", "share_of_peak", "share_of_bandwidth", "bound",
		"usd_per_million_tokens", "date"}
	var lines [][]any
	for _, x := range r.Results {
		s := x.TokensPerSecond
		var low, high *float64
		if s.Interval != nil {
			low, high = &s.Interval.Low, &s.Interval.High
		}
		lines = append(lines, []any{word(r.Machine.CPU), r.Machine.Cores, r.Machine.Kernel, r.Model.Name, x.Test, x.Phase, x.DType, x.Batch, x.Threads, x.Depth, x.Tokens, x.WeightBytes,
			len(s.Samples), s.Median, s.Mean, number(s.StdDev), number(low), number(high),
			x.Seconds, x.Flops, x.FlopsPerSecond, x.Bytes, x.BytesRead, x.BytesPerSecond, number(x.OfPeak), number(x.OfBandwidth), word(x.Bound),
			number(x.USDPerMillionTokens), x.Date.Format(timeLayout)})
	}
	return writeCSV(w, names, lines)
}

// writeCSV writes a line for each load, with its figures as JSON has them; an empty field is a null.
func (r *LoadReport) writeCSV(w io.Writer) error {
	names := []string{"cpu", "cores", "kernel", "model", "arrivals", "users", "rate_per_second", "seed", "dtype", "threads", "max_batch",
		"seconds", "requests", "unfinished", "prompt_tokens", "completion_tokens",
		"requests_per_second", "prompt_tokens_per_second", "completion_tokens_per_second"}
	for _, name := range []string{"time_to_first_token_seconds", "inter_token_seconds", "time_per_output_token_seconds", "request_seconds"} {
		for _, part := range []string{"mean", "p50", "p90", "p99", "max"} {
			names = append(names, name+"_"+part)
		}
	}
	names = append(names, "time_to_first_token_seconds_limit", "time_per_output_token_seconds_limit", "good_requests", "goodput_requests_per_second",
		"machine_seconds_requests", "machine_seconds_idle", "machine_seconds_run", "flops", "flops_per_second", "bytes", "share_of_peak", "share_of_bandwidth", "bound")
	var lines [][]any
	for _, x := range r.Loads {
		line := []any{word(r.Machine.CPU), r.Machine.Cores, r.Machine.Kernel, r.Model.Name, x.Arrivals, number(x.Users), number(x.Rate), number(x.Seed), x.DType, x.Threads, x.MaxBatch,
			x.Seconds, x.Requests, x.Unfinished, x.PromptTokens, x.CompletionTokens,
			x.RequestsPerSecond, x.PromptTokensPerSecond, x.CompletionTokensPerSecond}
		for _, t := range []*Times{x.FirstToken, x.InterToken, x.PerToken, x.Latency} {
			if t == nil {
				line = append(line, "", "", "", "", "")
			} else {
				line = append(line, t.Mean, t.P50, t.P90, t.P99, t.Max)
			}
		}
		lines = append(lines, append(line, number(x.Limits.FirstToken), number(x.Limits.PerToken), number(x.Good), number(x.Goodput),
			x.MachineSeconds.Requests, x.MachineSeconds.Idle, x.MachineSeconds.Run, x.Flops, number(x.FlopsPerSecond), x.Bytes, number(x.OfPeak), number(x.OfBandwidth), word(x.Bound)))
	}
	return writeCSV(w, names, lines)
}

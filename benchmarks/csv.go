package benchmarks

import (
	"encoding/csv"
	"fmt"
	"io"
)

// writeCSV writes a line for each result, with its figures as JSON has them; an empty field is a
// null. The samples are not there.
func (r *Report) writeCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	c.Write([]string{"cpu", "cores", "kernel", "model", "test", "phase", "dtype", "batch", "threads", "depth", "tokens", "weight_bytes",
		"repetitions", "tokens_per_second_median", "tokens_per_second_mean", "tokens_per_second_stddev", "tokens_per_second_low", "tokens_per_second_high",
		"seconds", "flops", "flops_per_second", "bytes", "bytes_read", "bytes_per_second", "share_of_peak", "share_of_bandwidth", "bound",
		"usd_per_million_tokens", "date"})
	for _, x := range r.Results {
		s := x.TokensPerSecond
		var low, high *float64
		if s.Interval != nil {
			low, high = &s.Interval.Low, &s.Interval.High
		}
		var line []string
		for _, field := range []any{word(r.Machine.CPU), r.Machine.Cores, r.Machine.Kernel, r.Model.Name, x.Test, x.Phase, x.DType, x.Batch, x.Threads, x.Depth, x.Tokens, x.WeightBytes,
			len(s.Samples), s.Median, s.Mean, number(s.StdDev), number(low), number(high),
			x.Seconds, x.Flops, x.FlopsPerSecond, x.Bytes, x.BytesRead, x.BytesPerSecond, number(x.OfPeak), number(x.OfBandwidth), word(x.Bound),
			number(x.USDPerMillionTokens), x.Date.Format(timeLayout)} {
			line = append(line, fmt.Sprint(field))
		}
		c.Write(line)
	}
	c.Flush()
	return c.Error()
}

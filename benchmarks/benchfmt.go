package benchmarks

import (
	"fmt"
	"io"
	"strings"
)

// writeBenchfmt writes what benchstat reads (golang.org/design/14313-benchmark-format): a line for
// each repetition, which is one iteration.
func (r *Report) writeBenchfmt(w io.Writer) error {
	var b strings.Builder
	key := func(name, value string) { fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(strings.Fields(value), " ")) }
	key("goos", r.Machine.OS)
	key("goarch", r.Machine.Arch)
	if r.Machine.CPU != nil {
		key("cpu", *r.Machine.CPU)
	}
	key("kernel", r.Machine.Kernel)
	key("model", r.Model.Name)
	b.WriteString("Unit tokens/s better=higher\nUnit FLOP/s better=higher\n")
	for _, x := range r.Results {
		perToken := 1 / float64(x.Tokens)
		for _, rate := range x.TokensPerSecond.Samples {
			fmt.Fprintf(&b, "Benchmark%s/dtype=%s/batch=%d/depth=%d/threads=%d 1 %.0f ns/op %v tokens/s %v FLOP/s %v B/s\n",
				strings.ToUpper(x.Test), x.DType, x.Batch, x.Depth, x.Threads,
				1e9*float64(x.Tokens)/rate, rate, rate*perToken*float64(x.Flops), rate*perToken*float64(x.Bytes))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

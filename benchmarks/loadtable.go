package benchmarks

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"golang.org/x/perf/benchunit"
)

func (r *LoadReport) writeTable(w io.Writer) error {
	return r.text(r.table().Render()).write(w, "")
}

func (r *LoadReport) writeMarkdown(w io.Writer) error {
	return r.text(r.table().RenderMarkdown()).write(w, "\n")
}

func (r *LoadReport) text(table string) report {
	return report{r.Machine, r.Model, table, r.Interrupted}
}

func (r *LoadReport) table() table.Writer {
	t := newTable("load", "dtype", "threads", "requests", "requests/s", "goodput", "tokens/s",
		"first token p50 / p90 / p99", "between tokens p50 / p90 / p99", "busy")
	for _, x := range r.Loads {
		goodput := "–"
		if x.Goodput != nil {
			goodput = digits(*x.Goodput)
		}
		t.AppendRow(table.Row{x.name(), x.DType, x.Threads, x.Requests, digits(x.RequestsPerSecond), goodput, digits(x.CompletionTokensPerSecond),
			x.FirstToken.text(), x.InterToken.text(), fmt.Sprintf("%.1f %%", 100*(1-x.MachineSeconds.Idle/x.MachineSeconds.Run))})
	}
	return t
}

// name is what the requests came from.
func (x LoadResult) name() string {
	if x.Users != nil {
		return source{users: *x.Users}.String()
	}
	return source{rate: *x.Rate}.String()
}

func (t *Times) text() string {
	if t == nil {
		return "–"
	}
	scale := benchunit.CommonScale([]float64{t.P50, t.P90, t.P99}, benchunit.Decimal)
	prefix := scale.Prefix
	scale.Prefix = ""
	return fmt.Sprintf("%s / %s / %s %ss", scale.Format(t.P50), scale.Format(t.P90), scale.Format(t.P99), prefix)
}

package benchmarks

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/perf/benchunit"
)

func (r *Report) writeTable(w io.Writer) error { return r.text(r.table().Render()).write(w, "") }

func (r *Report) writeMarkdown(w io.Writer) error {
	return r.text(r.table().RenderMarkdown()).write(w, "\n")
}

func (r *Report) text(table string) report {
	return report{r.Machine, r.Model, table, r.Interrupted}
}

// A report is a table and what it is of.
type report struct {
	machine     Machine
	model       Model
	table       string
	interrupted bool
}

// write writes the report; between paragraphs stands so much more than the end of a line.
func (r report) write(w io.Writer, between string) error {
	lines := append([]string{r.machine.text(), r.model.text(), r.table}, r.machine.Peaks.text()...)
	if r.interrupted {
		lines = append(lines, "Interrupted: not all that was asked for is here.")
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"+between))
	return err
}

func (r *Report) table() table.Writer {
	columns := []any{"test", "dtype", "batch", "threads", "tokens/s", "mean ± stddev", "95 % interval", "FLOP/s", "of peak", "B/s", "of bandwidth", "bound"}
	if r.Price != nil {
		columns = append(columns, "USD for 1M tokens: "+*r.Price)
	}
	t := newTable(columns...)
	for _, x := range r.Results {
		s := x.TokensPerSecond
		spread, interval := "", ""
		if s.StdDev != nil {
			spread = fmt.Sprintf("%s ± %s", digits(s.Mean), digits(*s.StdDev))
			interval = fmt.Sprintf("%s – %s", digits(s.Interval.Low), digits(s.Interval.High))
		}
		row := table.Row{x.name(), x.DType, x.Batch, x.Threads, digits(s.Median), spread, interval,
			si(x.FlopsPerSecond), percent(x.OfPeak), si(x.BytesPerSecond), percent(x.OfBandwidth), word(x.Bound)}
		if x.USDPerMillionTokens != nil {
			row = append(row, fmt.Sprintf("%.3g", *x.USDPerMillionTokens))
		}
		t.AppendRow(row)
	}
	return t
}

// name is what llama-bench calls the test, with its depth.
func (x Result) name() string {
	if x.Depth == 0 {
		return x.Test
	}
	return fmt.Sprintf("%s @ d%d", x.Test, x.Depth)
}

// newTable is a table whose first column is a name and whose others are figures.
func newTable(columns ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(columns)
	var configs []table.ColumnConfig
	for i := range columns[1:] {
		configs = append(configs, table.ColumnConfig{Number: i + 2, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(configs)
	return t
}

func (m Machine) text() string {
	cpu, memory := "unknown processor", "unknown memory"
	if m.CPU != nil {
		cpu = *m.CPU
	}
	if m.MemoryBytes != nil {
		memory = si(float64(*m.MemoryBytes)) + "B"
	}
	return fmt.Sprintf("%s, %d cores, %s, %s/%s, %s kernels, %s, %s", cpu, m.Cores, memory, m.OS, m.Arch, m.Kernel, m.Go, m.Date.Format("2006-01-02"))
}

func (m Model) text() string {
	return fmt.Sprintf("%s: %s parameters, context %d", m.Name, si(float64(m.Parameters)), m.Context)
}

// text is a line for each number of threads whose peaks were measured.
func (p Peaks) text() (lines []string) {
	for _, r := range p.ByThreads {
		var rates []string
		for _, limit := range []struct {
			rate *float64
			unit string
		}{{r.F32, "FLOP/s float32"}, {r.Int8, "op/s int8"}, {r.Read, "B/s read"}} {
			if limit.rate != nil {
				rates = append(rates, si(*limit.rate)+limit.unit)
			}
		}
		if len(rates) == 0 {
			continue
		}
		line := fmt.Sprintf("Peaks on %s: %s.", threadsText(r.Threads), strings.Join(rates, ", "))
		if r.Disturbed {
			line += fmt.Sprintf(" That of %s varied by %.0f %%: something disturbed the machine, and the tests with it.", *r.SpreadOf, 100*(*r.Spread-1))
		}
		lines = append(lines, line)
	}
	return lines
}

// si writes x with three digits or four and a prefix: "1.234 G".
func si(x float64) string {
	s := benchunit.Scale(x, benchunit.Decimal)
	number := strings.TrimRight(s, "TGMkmµn")
	return number + " " + strings.TrimPrefix(s, number)
}

// digits writes x without a prefix.
func digits(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1000:
		return fmt.Sprintf("%.0f", x)
	case a >= 100:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// percent writes a share.
func percent(share *float64) string {
	if share == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100**share)
}

package main

import (
	"fmt"
	"io"

	"github.com/gptmeter/gptmeter/meter/theory"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// print writes the report for a person: what was counted for each operator beside the exact form,
// then what the literature's formulas give.
func (r *flopsReport) print(w io.Writer) {
	note := ""
	if r.Demonstration {
		note = " (a small model for demonstration)"
	}
	s := r.Shape
	fmt.Fprintf(w, "%s%s, %s, %s kernels, %d threads\n", oneLine(r.Model), note, r.DType, r.Kernel, r.Threads)
	fmt.Fprintf(w, "%d layers, %d heads, width %d, inner %d, vocabulary %d, context %d\n",
		s.Layers, s.Heads, s.Width, s.Inner, s.Vocabulary, s.Positions)
	fmt.Fprintf(w, "%s\n\n%s\n\n%s\n", r.request(), r.operators(), r.formulas())
}

// request says what was asked for.
func (r *flopsReport) request() string {
	logits := "no logits"
	switch {
	case r.AllLogits:
		logits = "logits for every token of the prompt"
	case r.Generate > 0:
		logits = "logits for the last token of the prompt"
	}
	return fmt.Sprintf("prompt %d, generated %d, %s", r.Prompt, r.Generate, logits)
}

// A productRow is an operator's count beside the exact form.
type productRow struct {
	operator       theory.Operator
	counted, exact int64
}

func productRows(counted, exact theory.Products) []productRow {
	return []productRow{
		{theory.Linear, counted.Linear, exact.Linear},
		{theory.Attention, counted.Attention, exact.Attention},
		{theory.Unembed, counted.Unembed, exact.Unembed},
	}
}

// operators is a table of both phases.
func (r *flopsReport) operators() string {
	t := newTable("", "FLOPs", "counted", "exact", "gap", "reason")
	t.SetColumnConfigs(rightAligned("counted", "exact", "gap"))
	r.addPhase(t, theory.Prefill, r.Counted.Prefill, r.Exact.Prefill)
	if r.Generate > 1 {
		t.AppendSeparator()
		r.addPhase(t, theory.Decode, r.Counted.Decode, r.Exact.Decode)
	}
	return t.Render()
}

// addPhase adds a row for each operator, with a line for each of its gaps, and what there was
// besides.
func (r *flopsReport) addPhase(t table.Writer, phase theory.Phase, counted countedLeg, exact theory.Products) {
	name, sum := string(phase), int64(0)
	for _, row := range productRows(counted.Products, exact) {
		cells := table.Row{name, row.operator, grouped(row.counted), grouped(row.exact)}
		gaps := r.gapsOf(phase, row.operator)
		if len(gaps) == 0 {
			t.AppendRow(append(cells, "0"))
		}
		for _, g := range gaps {
			sum += g.FLOPs
			t.AppendRow(append(cells, grouped(g.FLOPs), g.Reason))
			cells = table.Row{"", "", "", ""}
		}
		name = ""
	}
	t.AppendRow(table.Row{"", "products", grouped(counted.Total()), grouped(exact.Total()), grouped(sum)})
	t.AppendRow(table.Row{"", "non-matmul", grouped(counted.NonMatmul)})
	t.AppendRow(table.Row{"", "padding", grouped(counted.Padding)})
	t.AppendRow(table.Row{"", "special ops", grouped(counted.Special)})
}

// formulas is a table of the literature.
func (r *flopsReport) formulas() string {
	t := newTable("formula ÷ exact", "prefill", "decode", "leaves out")
	columns := rightAligned("prefill", "decode")
	columns[1].Hidden = r.Generate < 2 // nothing is decoded
	leavesOut := table.ColumnConfig{Name: "leaves out", WidthMax: 50, WidthMaxEnforcer: text.WrapSoft}
	t.SetColumnConfigs(append(columns, leavesOut))
	for _, e := range r.Literature {
		t.AppendRow(table.Row{e.Name, ratioText(e.PrefillRatio), ratioText(e.DecodeRatio), e.LeavesOut})
	}
	return t.Render()
}

func ratioText(ratio *float64) string {
	if ratio == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f", *ratio)
}

// newTable has a heading and no lines.
func newTable(heading ...any) table.Writer {
	t := table.NewWriter()
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.Style().Format.Header = text.FormatDefault
	t.Style().Box.PaddingLeft, t.Style().Box.PaddingRight = "", "  "
	t.SuppressTrailingSpaces()
	t.AppendHeader(heading)
	return t
}

func rightAligned(names ...string) (columns []table.ColumnConfig) {
	for _, name := range names {
		columns = append(columns, table.ColumnConfig{Name: name, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	return columns
}

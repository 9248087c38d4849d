package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
)

// showScenario prints the rebuilt estimate of that name.
func (p *program) showScenario(f *costFlags) error {
	s, err := bill.FindScenario(f.scenario)
	var unknown *price.UnknownError
	if errors.As(err, &unknown) {
		if word := near(unknown.Word, unknown.Known); word != "" {
			return errorWithHint(usageError("%w", err), "did you mean %s?", word)
		}
		return errorWithHint(usageError("%w", err), "gptmeter cost --list shows them")
	}
	if f.output == "json" {
		return p.stdout.document(map[string]bill.Scenario{"scenario": s})
	}
	return printScenario(p.stdout, s)
}

func printScenario(w io.Writer, s bill.Scenario) error {
	t := newTable("", "", "unit", "source", "how, or why")
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight}, {Number: 5, WidthMax: 34, WidthMaxEnforcer: text.WrapSoft}})
	for _, x := range s.Steps {
		how := x.Formula
		switch {
		case how == "":
			how = x.Remark
		case x.Remark != "":
			how += " (" + x.Remark + ")"
		}
		t.AppendRow(table.Row{x.Name, scenarioNumber(x.Value), x.Unit, x.Source, how})
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n\n%s\n", s.Title, wrapped(s.Of), t.Render())
	return err
}

// scenarioNumber writes whole numbers with all their digits and others with three that matter.
func scenarioNumber(a *bill.Amount) string {
	switch {
	case a.IsInt() && a.Num().IsInt64() && a.Num().Int64() < 1e9:
		return grouped(a.Num().Int64())
	case a.Float() >= 1e9:
		return fmt.Sprintf("%.4g", a.Float())
	case a.Float() >= 1000:
		return grouped(int64(a.Float() + 0.5))
	}
	return figure(a)
}

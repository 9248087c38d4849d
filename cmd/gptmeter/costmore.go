package main

import (
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
)

// comparison sets the same load side by side at several prices.
func (t *costText) comparison() {
	a := t.answer
	if len(a.Comparison) == 0 {
		return
	}
	w := newTable("price", "machines", "busy", a.Price.Currency+" a day", "difference", "1M tokens")
	row := func(p *price.Price, machines int64, busy float64, total *big.Rat, difference string, u bill.PerUnit) {
		w.AppendRow(table.Row{oneLine(p.Name), machines, percentText(busy), t.money(total), difference, figure(u.PerMillionTokens)})
	}
	row(a.Price, a.Machines, a.Utilization, &a.Day.Total.Rat, "", a.PerUnit)
	for _, c := range a.Comparison {
		difference := t.money(&c.Difference.Rat)
		if c.Difference.Sign() > 0 {
			difference = "+" + difference
		}
		row(c.Price, c.Machines, c.Utilization, &c.Day.Total.Rat, difference, c.PerUnit)
	}
	t.tabulate("The same load at other prices:", w, "machines", "busy", a.Price.Currency+" a day", "difference", "1M tokens")
}

// sensitivity shows the inputs that move the day's total, the widest first.
func (t *costText) sensitivity() {
	const most = 8
	a := t.answer
	w := newTable("input", "from", "to", "unit", a.Price.Currency+" a day", "to ", "by")
	rows := 0
	for _, s := range a.Sensitivity {
		if rows == most || s.TotalLow.Cmp(&s.TotalHigh.Rat) == 0 {
			break
		}
		rows++
		w.AppendRow(table.Row{s.Input, figureText(s.Low), figureText(s.High), s.Unit, t.money(&s.TotalLow.Rat), t.money(&s.TotalHigh.Rat), s.Basis})
	}
	if rows > 0 {
		t.tabulate("What moves the day's bill most, one input at a time:", w, "from", "to", a.Price.Currency+" a day", "to ")
	}
}

// levers ranks what would make it cheaper.
func (t *costText) levers() {
	l := t.answer.Levers
	if l == nil {
		return
	}
	saves := t.answer.Price.Currency + " saved"
	w := newTable("change", saves, "a day", "first token", "each further", "answers")
	row := func(x bill.Lever, change string) {
		first := "–"
		if x.TTFTSeconds != nil {
			first = secondsText(*x.TTFTSeconds)
		}
		w.AppendRow(table.Row{oneLine(change), t.money(&x.Saves.Rat), t.money(&x.Total.Rat), first, secondsText(*x.TPOTSeconds), qualityText(x.Quality)})
	}
	for _, x := range l.Each {
		row(x, x.Changes[0])
	}
	columns := append(rightAligned(saves, "a day", "first token", "each further"), table.ColumnConfig{Name: "change", WidthMax: 34, WidthMaxEnforcer: text.WrapSoft})
	if l.Together != nil {
		w.AppendSeparator()
		row(*l.Together, "together: "+strings.Join(l.Together.Changes, "; "))
	}
	w.SetColumnConfigs(columns)
	t.parts = append(t.parts, "What would make a day cheaper, each alone, and the best of it together:\n"+t.gap+t.render(w))
}

func qualityText(q *bill.Quality) string {
	switch {
	case q == nil:
		return "the same"
	case q.LogprobShift == nil:
		return string(q.Source)
	}
	return fmt.Sprintf("±%.2g nats", *q.LogprobShift)
}

// as states a projection.
func (t *costText) as() {
	as := t.answer.As
	if as == nil {
		return
	}
	lines := []string{fmt.Sprintf("Estimated for a model of %sparameters, assuming that", siText(as.Parameters.Float(), ""))}
	for _, x := range as.Assumptions {
		lines = append(lines, wrapped("- "+x))
	}
	t.say("%s", strings.Join(lines, "\n"))
	if tr := as.Training; tr != nil {
		t.say("Training it once: %s FLOP, %s machine hours, %s %s (estimated).", fmt.Sprintf("%.3g", tr.Flops.Float()),
			figure(bill.NewAmount(new(big.Rat).Quo(&tr.MachineSeconds.Rat, big.NewRat(3600, 1)))), t.answer.Price.Currency, t.money(&tr.Cost.Rat))
	}
}

// printPrices prints presets and scenarios.
func printPrices(w io.Writer, list []listedPrice, scenarios []listedScenario) error {
	t := newTable("price", "", "cores", "currency", "of", "source")
	for _, l := range list {
		cores := "–"
		if l.Cores != nil {
			cores = fmt.Sprint(*l.Cores)
		}
		t.AppendRow(table.Row{l.Name, l.Kind, cores, l.Currency, l.Date, l.Source})
	}
	t.SetColumnConfigs(append(rightAligned("cores"), table.ColumnConfig{Name: "source", WidthMax: 44, WidthMaxEnforcer: text.WrapSoft}))
	estimates := newTable("scenario", "of", "source")
	for _, s := range scenarios {
		estimates.AppendRow(table.Row{s.Name, s.Title, s.Of})
	}
	estimates.SetColumnConfigs([]table.ColumnConfig{{Name: "source", WidthMax: 46, WidthMaxEnforcer: text.WrapSoft}})
	_, err := fmt.Fprintf(w, "%s\n\n%s\n", t.Render(), estimates.Render())
	return err
}

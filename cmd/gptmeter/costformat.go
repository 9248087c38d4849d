package main

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"

	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
	"github.com/gptmeter/gptmeter/meter/report"
)

// A costFormat writes an answer.
type costFormat struct {
	name  string
	write func(io.Writer, *bill.Answer) error
}

var answerFormats = []costFormat{{"table", writeCostTable}, {"json", nil}, {"csv", writeCostCSV}, {"md", writeCostMarkdown}}

func costFormats() (names []string) {
	for _, f := range answerFormats {
		names = append(names, f.name)
	}
	return names
}

func (p *program) showCost(f *costFlags, a *bill.Answer) error {
	if f.output == "json" {
		return p.stdout.document(a)
	}
	i := slices.IndexFunc(answerFormats, func(o costFormat) bool { return o.name == f.output })
	return answerFormats[i].write(p.stdout, a)
}

// writeReport writes the page that --report names.
func (f *costFlags) writeReport(a *bill.Answer) error {
	if f.report == "" {
		return nil
	}
	var page bytes.Buffer
	if err := report.Write(&page, a, "gptmeter "+readBuild().Version); err != nil {
		return err
	}
	return writeWhole("--report", f.report, page.Bytes())
}

// writeCostCSV writes a line for each figure of the bill, not rounded.
func writeCostCSV(w io.Writer, a *bill.Answer) error {
	c := csv.NewWriter(w)
	c.Write([]string{"figure", "amount", "idle_amount", "unit", "source"})
	row := func(name string, x, idle *bill.Amount, unit, source string) {
		texts := [2]string{}
		for i, a := range []*bill.Amount{x, idle} {
			if a != nil {
				texts[i] = price.Decimal(&a.Rat)
			}
		}
		c.Write([]string{name, texts[0], texts[1], unit, source})
	}
	currency := a.Price.Currency
	for _, l := range a.Day.Lines {
		row("day."+l.Name, l.Amount, l.IdleAmount, currency+"/day", string(l.Source))
	}
	source := string(a.Throughput.Source)
	row("day.total", a.Day.Total, a.Day.IdleAmount, currency+"/day", source)
	if i := a.Day.Interval; i != nil {
		row("day.interval.low", i.Low, nil, currency+"/day", source)
		row("day.interval.high", i.High, nil, currency+"/day", source)
	}
	for _, basis := range []struct {
		prefix string
		bill.PerUnit
	}{{"", a.PerUnit}, {"usage.", a.Usage}} {
		row(basis.prefix+"per_request", basis.PerRequest, nil, currency, source)
		row(basis.prefix+"per_million_prompt_tokens", basis.PerMillionPromptTokens, nil, currency, source)
		row(basis.prefix+"per_million_completion_tokens", basis.PerMillionCompletionTokens, nil, currency, source)
		row(basis.prefix+"per_million_tokens", basis.PerMillionTokens, nil, currency, source)
	}
	for _, remark := range a.Remarks {
		c.Write([]string{"remark", "", "", "", remark})
	}
	c.Flush()
	return c.Error()
}

// A listedPrice is a preset in a list.
type listedPrice struct {
	Name     string `json:"name"`
	Currency string `json:"currency"`
	Kind     string `json:"kind"` // "owned", "rented"
	Cores    *int64 `json:"cores"`
	Example  bool   `json:"example"`
	price.Provenance
}

// A listedScenario is an estimate that can be rebuilt.
type listedScenario struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Of    string `json:"of"`
}

// listPrices lists presets and scenarios.
func (p *program) listPrices(f *costFlags) error {
	list := []listedPrice{}
	for _, name := range price.Presets() {
		preset, err := price.Preset(name)
		if err != nil {
			return err
		}
		l := listedPrice{Name: name, Currency: preset.Currency, Kind: "owned", Example: preset.Example(), Provenance: preset.Provenance}
		if preset.HasTable(price.Rent) {
			l.Kind = "rented"
		}
		if preset.Has(price.Cores) {
			cores := preset.At(price.Cores).Num().Int64()
			l.Cores = &cores
		}
		list = append(list, l)
	}
	scenarios := []listedScenario{}
	for _, s := range bill.Scenarios() {
		scenarios = append(scenarios, listedScenario{s.Name, s.Title, s.Of})
	}
	if f.output == "json" {
		return p.stdout.document(map[string]any{"prices": list, "scenarios": scenarios})
	}
	return printPrices(p.stdout, list, scenarios)
}

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

// A costText is an answer for people: paragraphs and tables.
type costText struct {
	answer *bill.Answer
	render func(table.Writer) string // (table.Writer).Render, or RenderMarkdown
	gap    string                    // between a title and its table, beside the end of a line
	parts  []string
}

func (t *costText) say(format string, args ...any) {
	t.parts = append(t.parts, fmt.Sprintf(format, args...))
}

// tabulate adds a table below its title; the columns named right are figures.
func (t *costText) tabulate(title string, w table.Writer, right ...string) {
	w.SetColumnConfigs(rightAligned(right...))
	if title != "" {
		title += "\n" + t.gap
	}
	t.parts = append(t.parts, title+t.render(w))
}

func writeCostTable(w io.Writer, a *bill.Answer) error {
	return (&costText{answer: a, render: table.Writer.Render}).write(w)
}

func writeCostMarkdown(w io.Writer, a *bill.Answer) error {
	return (&costText{answer: a, render: table.Writer.RenderMarkdown, gap: "\n"}).write(w)
}

func (t *costText) write(w io.Writer) error {
	a := t.answer
	t.say("%s", t.headline())
	t.say("%s", t.speed())
	t.day()
	t.units()
	t.at()
	t.batches()
	t.comparison()
	for _, b := range a.BreakEven {
		t.say("%s", wrapped(fmt.Sprintf("Break-even of %s and %s: %s.", oneLine(b.Between), oneLine(b.And), oneLine(b.Text))))
	}
	t.sensitivity()
	t.levers()
	t.as()
	for _, r := range a.Remarks {
		t.say("%s", wrapped("Note: "+oneLine(r)+"."))
	}
	_, err := fmt.Fprintln(w, strings.Join(t.parts, "\n\n"))
	return err
}

// money writes an amount of the day in whole coins, which digits is already rounded to.
func (t *costText) money(x *big.Rat) string { return x.FloatString(t.answer.Price.Digits()) }

// figure writes what a request or token costs, with three significant digits.
func figure(a *bill.Amount) string {
	if a == nil {
		return "–"
	}
	return moneyText(a)
}

func (t *costText) headline() string {
	a := t.answer
	total := bill.Rounded([]*big.Rat{&a.Day.Total.Rat}, a.Price.Digits())[0]
	s := fmt.Sprintf("%s %s a day", a.Price.Currency, t.money(total))
	if i := a.Day.Interval; i != nil && t.money(&i.Low.Rat) != t.money(&i.High.Rat) {
		s += fmt.Sprintf(" (%.0f %%: %s to %s)", 100*i.Confidence, t.money(&i.Low.Rat), t.money(&i.High.Rat))
	}
	s += fmt.Sprintf(": %s, %s busy", plural(a.Machines, "machine"), percentText(a.Utilization))
	if l := a.Load; l.RequestsPerDay != nil {
		s += fmt.Sprintf("\n%s requests a day of %s prompt and %s generated tokens, %s", figureText(l.RequestsPerDay), figureText(l.PromptTokens), figureText(l.CompletionTokens), curveText(l.CurveName))
	}
	return s + "\n" + t.priceText()
}

func curveText(name string) string {
	switch name {
	case bill.Flat:
		return "evenly over the day"
	case bill.Office:
		return "most in office hours"
	}
	return "over the day as given"
}

// priceText says which price it is and where its figures are from.
func (t *costText) priceText() string {
	p := t.answer.Price
	s := "price " + oneLine(p.Name)
	switch {
	case p.Preset && !p.Example():
		s += ", a preset"
	case p.Source != "":
		s += ": " + oneLine(p.Source)
	}
	if p.Date != "" {
		s += ", " + p.Date
	}
	return wrapped(s)
}

// wrapped breaks a paragraph into lines of at most 96 characters.
func wrapped(s string) string {
	lines := strings.Split(text.WrapSoft(s, 96), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

// figureText writes a number of a load with up to six digits.
func figureText(a *bill.Amount) string { return price.Decimal(bill.Significant(&a.Rat, 6)) }

// speed says how fast a machine is and what says so.
func (t *costText) speed() string {
	h := t.answer.Throughput
	s := fmt.Sprintf("Throughput, %s: %s prompt tokens/s (%s), %s generated tokens/s (%s)", h.Source,
		threeDigits(h.PrefillTokensPerSecond), choiceText(h.Prefill), threeDigits(h.DecodeTokensPerSecond), choiceText(h.Decode))
	s += fmt.Sprintf(" of %s, %s, %s", oneLine(h.Model), h.Decode.DType, plural(int64(h.Decode.Threads), "thread"))
	if h.Decode.Depth > 0 {
		s += fmt.Sprintf(", depth %d", h.Decode.Depth)
	}
	if m := h.Machine; m.CPU != "" {
		s += fmt.Sprintf(", on %s with %s", oneLine(m.CPU), plural(int64(m.Cores), "core"))
	}
	if h.TTFTSeconds != nil {
		s += fmt.Sprintf(". Without waiting the first token takes %s and each further %s", secondsText(*h.TTFTSeconds), secondsText(*h.TPOTSeconds))
	}
	return wrapped(s)
}

func choiceText(c *bill.Choice) string { return fmt.Sprintf("%s, batch %d", oneLine(c.Test), c.Batch) }

// day is the bill, whose lines add up as they are printed.
func (t *costText) day() {
	a := t.answer
	var amounts, idle []*big.Rat
	for _, l := range a.Day.Lines {
		amounts, idle = append(amounts, &l.Amount.Rat), append(idle, &l.IdleAmount.Rat)
	}
	digits := a.Price.Digits()
	shown, shownIdle := bill.Rounded(amounts, digits), bill.Rounded(idle, digits)
	w := newTable("a day", a.Price.Currency, "of it idle", "source")
	sum, sumIdle := new(big.Rat), new(big.Rat)
	for i, l := range a.Day.Lines {
		w.AppendRow(table.Row{strings.ReplaceAll(l.Name, "_", " "), t.money(shown[i]), t.money(shownIdle[i]), l.Source})
		sum.Add(sum, shown[i])
		sumIdle.Add(sumIdle, shownIdle[i])
	}
	w.AppendSeparator()
	w.AppendRow(table.Row{"total", t.money(sum), t.money(sumIdle), ""})
	t.tabulate("", w, a.Price.Currency, "of it idle")
}

func (t *costText) units() {
	a := t.answer
	if a.PerRequest == nil {
		return
	}
	columns := []string{"a request", "1M prompt tokens", "1M generated tokens", "1M tokens"}
	w := newTable(a.Price.Currency+" for", columns[0], columns[1], columns[2], columns[3])
	row := func(name string, u bill.PerUnit) {
		w.AppendRow(table.Row{name, figure(u.PerRequest), figure(u.PerMillionPromptTokens), figure(u.PerMillionCompletionTokens), figure(u.PerMillionTokens)})
	}
	row("all that is paid (allocation)", a.PerUnit)
	row("its work alone (usage)", a.Usage)
	t.tabulate("", w, columns...)
}

func (t *costText) at() {
	a := t.answer
	if len(a.At) == 0 {
		return
	}
	w := newTable("utilization", "1M prompt tokens", "1M generated tokens", "1M tokens")
	for _, u := range a.At {
		w.AppendRow(table.Row{percentText(u.Utilization), figure(u.PerMillionPromptTokens), figure(u.PerMillionCompletionTokens), figure(u.PerMillionTokens)})
	}
	t.tabulate(fmt.Sprintf("%s for tokens of a machine that is busy for a share of the day:", a.Price.Currency), w, "utilization", "1M prompt tokens", "1M generated tokens", "1M tokens")
}

func (t *costText) batches() {
	a := t.answer
	if len(a.Batches) < 2 {
		return
	}
	w := newTable("batch", "tokens/s", "first token", "each further", "machines", a.Price.Currency+" a day", "")
	for _, b := range a.Batches {
		first, mark := "–", ""
		if b.TTFTSeconds != nil {
			first = secondsText(*b.TTFTSeconds)
		}
		switch {
		case b.Chosen:
			mark = "taken"
		case !b.Meets:
			mark = "too slow"
		}
		w.AppendRow(table.Row{b.Batch, threeDigits(b.DecodeTokensPerSecond), first, secondsText(b.TPOTSeconds), b.Machines, t.money(&b.Total.Rat), mark})
	}
	t.tabulate("Batches that were measured:", w, "batch", "tokens/s", "first token", "each further", "machines", a.Price.Currency+" a day")
}

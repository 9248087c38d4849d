package report

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
)

// A view is an answer in words and numbers as the page has them.
type view struct {
	*bill.Answer
	Program  string // and its version
	Currency string
	Total    string // of the day, with the currency
	Lede     string // who serves what
	Interval string // how sure the total is; "" where nothing says so

	Lines   []lineRow
	Tiles   []tile
	Figures []price.Key // that the price has

	lineAmounts []string
	limitNote   string
}

// A lineRow is a line of the bill, rounded so that the lines add up.
type lineRow struct {
	Name, Amount, Idle, Share string
	Source                    meter.Source
}

// A tile is a figure at the top: with idle time, and of work alone.
type tile struct{ Name, Allocation, Usage string }

func newView(a *bill.Answer, program string) view {
	v := view{Answer: a, Program: program, Currency: a.Price.Currency}
	digits := a.Price.Digits()
	v.Total = fixed(&a.Day.Total.Rat, digits) + " " + v.Currency
	v.Lede = lede(a)
	v.Interval = interval(a, digits)
	v.addLines(digits)
	for _, t := range []struct {
		name string
		of   func(bill.PerUnit) *bill.Amount
	}{
		{"a request", func(p bill.PerUnit) *bill.Amount { return p.PerRequest }},
		{"a million prompt tokens", func(p bill.PerUnit) *bill.Amount { return p.PerMillionPromptTokens }},
		{"a million completion tokens", func(p bill.PerUnit) *bill.Amount { return p.PerMillionCompletionTokens }},
		{"a million tokens", func(p bill.PerUnit) *bill.Amount { return p.PerMillionTokens }},
	} {
		v.Tiles = append(v.Tiles, tile{t.name, unitCost(t.of(a.PerUnit)), unitCost(t.of(a.Usage))})
	}
	for _, k := range price.Keys() {
		if a.Price.Has(k) {
			v.Figures = append(v.Figures, k)
		}
	}
	if slices.ContainsFunc(a.Batches, func(b bill.Batch) bool { return !b.Meets }) {
		v.limitNote = ", and those that are too slow for the limits of latency are open circles"
	}
	return v
}

// addLines rounds the lines, and their idle amounts, each so that they add up.
func (v *view) addLines(digits int) {
	var amounts, idle []*big.Rat
	for _, l := range v.Day.Lines {
		amounts, idle = append(amounts, &l.Amount.Rat), append(idle, &l.IdleAmount.Rat)
	}
	amounts, idle = bill.Rounded(amounts, digits), bill.Rounded(idle, digits)
	for i, l := range v.Day.Lines {
		row := lineRow{Name: name(l.Name), Amount: fixed(amounts[i], digits), Idle: fixed(idle[i], digits), Share: "–", Source: l.Source}
		if v.Day.Total.Sign() > 0 {
			row.Share = percent(l.Amount.Float() / v.Day.Total.Float())
		}
		v.Lines = append(v.Lines, row)
		v.lineAmounts = append(v.lineAmounts, row.Amount+" "+v.Currency)
	}
}

// lede says who serves what.
func lede(a *bill.Answer) string {
	machines := "1 machine"
	if a.Machines != 1 {
		machines = grouped(strconv.FormatInt(a.Machines, 10)) + " machines"
	}
	text := fmt.Sprintf("%s by the price %s", machines, a.Price.Name)
	if a.Throughput.Model != "" {
		text += ", running " + a.Throughput.Model
	}
	text += fmt.Sprintf(", at work %s of the time", percent(a.Utilization))
	if l := a.Load; l.RequestsPerDay != nil {
		text += fmt.Sprintf(": %s requests a day", grouped(significant(l.RequestsPerDay.Float(), 6)))
		if l.PromptTokens != nil && l.CompletionTokens != nil {
			text += fmt.Sprintf(" of %s prompt and %s completion tokens", unitCost(l.PromptTokens), unitCost(l.CompletionTokens))
		}
	}
	return text + "."
}

// interval says how sure the total is.
func interval(a *bill.Answer, digits int) string {
	i := a.Day.Interval
	if i == nil {
		return ""
	}
	return fmt.Sprintf("%s of %d draws (seed %d) of %s lie between %s and %s %s.", percent(i.Confidence), i.Draws, i.Seed,
		strings.Join(i.Varied, ", "), fixed(&i.Low.Rat, digits), fixed(&i.High.Rat, digits), a.Price.Currency)
}

// TooSlow tells whether a batch does not keep the limits of latency.
func (v view) TooSlow() bool { return v.limitNote != "" }

// RangeOf is from where to where a figure may lie, "" where the price does not say.
func (v view) RangeOf(k price.Key) string {
	r, ok := v.Price.Range(k)
	if !ok {
		return ""
	}
	return price.Decimal(r.Low) + " to " + price.Decimal(r.High)
}

// A source is where the figures of some tables of the price are from.
type source struct {
	Tables string
	price.Provenance
}

// Sources are those of the price's tables, each once.
func (v view) Sources() (list []source) {
	for _, k := range v.Figures {
		of := v.Price.Of(k.Table())
		i := slices.IndexFunc(list, func(s source) bool { return s.Provenance == of })
		switch {
		case i < 0:
			list = append(list, source{k.Table(), of})
		case !strings.HasSuffix(list[i].Tables, k.Table()):
			list[i].Tables += ", " + k.Table()
		}
	}
	for i := range list {
		list[i].Tables = name(list[i].Tables)
		if list[i].Source == "" {
			list[i].Source = "no source is given"
		}
	}
	return list
}

// Tests are those of the roofline, prompts first, in the order of their numbers.
func (v view) Tests() []bill.RooflinePoint {
	tests := slices.Clone(v.Roofline.Tests)
	slices.SortStableFunc(tests, func(a, b bill.RooflinePoint) int { return cmp.Compare(b.FlopsPerByte, a.FlopsPerByte) })
	return tests
}

// ReadRate is the measured rate of reading, in bytes a second.
func (v view) ReadRate() float64 { return *v.Roofline.Read }

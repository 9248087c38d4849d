package report

import (
	_ "embed"
	"html/template"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
)

//go:embed page.html
var pageText string

//go:embed style.css
var style string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"style":   func() template.CSS { return template.CSS(style) },
	"name":    name,
	"key":     breakable,
	"next":    func(i int) int { return i + 1 },
	"percent": percent,
	"cost":    unitCost,
	"money":   money,
	"number":  func(x float64) string { return grouped(significant(x, 4)) },
	"plain":   plain,
	"decimal": func(x *big.Rat) string { return grouped(price.Decimal(x)) },
	"si":      si,
	"seconds": seconds,
	"time":    func(s float64) string { return seconds(&s) },
	"share":   func(x *float64) string { return stated(x, percent) },
	"quality": quality,
	"days":    func(seconds *bill.Amount) float64 { return seconds.Float() / 86_400 },
}).Parse(pageText))

// Write writes the answer as a page, and which program it is from.
func Write(w io.Writer, a *bill.Answer, program string) error {
	return page.Execute(w, newView(a, program))
}

// joint is where a key may be broken: before a part of it, but not before the digits of a number.
var joint = regexp.MustCompile(`([._])([a-z])`)

// breakable is a text whose keys may be broken.
func breakable(text string) template.HTML {
	return template.HTML(joint.ReplaceAllString(template.HTMLEscapeString(text), "$1<wbr>$2"))
}

// money writes an amount of a day in the price's currency; "–" where it is not stated.
func money(a *bill.Amount, p *price.Price) string {
	if a == nil {
		return "–"
	}
	return fixed(&a.Rat, p.Digits())
}

// stated writes a number that may not be known.
func stated(x *float64, write func(float64) string) string {
	if x == nil {
		return "–"
	}
	return write(*x)
}

// plain writes a number; a long one by its power of ten.
func plain(a *bill.Amount) string {
	x := a.Float()
	if x < 1e9 {
		return grouped(significant(x, 4))
	}
	digits, power, _ := strings.Cut(strconv.FormatFloat(x, 'e', 3, 64), "e+")
	digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	return digits + " × 10^" + strings.TrimLeft(power, "0")
}

// quality says how far answers move.
func quality(q *bill.Quality) string {
	switch {
	case q == nil:
		return "same"
	case q.LogprobShift == nil:
		return string(q.Source)
	}
	return digits(*q.LogprobShift, 2)
}

// The figures of the page, nil where there is nothing to draw.

func (v view) Bill() figure { return billFigure(v.Answer, v) }

func (v view) Tornado() *figure {
	return drawn(len(moving(v.Answer)) > 0, func() figure { return tornadoFigure(v.Answer, v) })
}

func (v view) ByUtilization() *figure {
	return drawn(hasUtilizations(v.Answer), func() figure { return utilizationFigure(v.Answer, v) })
}

func (v view) ByBatch() *figure {
	return drawn(hasBatches(v.Answer), func() figure { return batchFigure(v.Answer, v) })
}

func (v view) RooflineFigure() *figure {
	return drawn(hasRoofline(v.Answer), func() figure { return rooflineFigure(v.Roofline, v.Tests()) })
}

func drawn(there bool, make func() figure) *figure {
	if !there {
		return nil
	}
	f := make()
	return &f
}

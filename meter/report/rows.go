package report

import (
	"fmt"

	"github.com/gptmeter/gptmeter/meter/bill"
)

// Sizes of pictures that are rows of bars, each below its name.
const (
	rowHeight = 46
	barTop    = 20 // below the row's top
	barHeight = 16
)

// most is how many inputs a tornado shows; the table has the others.
const most = 10

// billFigure shows a day's lines, each as a bar of work and of idle time.
func billFigure(a *bill.Answer, v view) figure {
	return figure{
		ID: "bill", Title: "What a day costs, line by line",
		Description: fmt.Sprintf("A bar for each line of the bill, as long as its amount: work first, idle time after it. Together %s a day. The table beside it has the amounts.",
			v.Total),
		draw: func(width float64) (*drawing, float64) {
			d, longest := new(drawing), 0.0
			for _, l := range a.Day.Lines {
				longest = max(longest, l.Amount.Float())
			}
			if longest == 0 {
				longest = 1
			}
			s := scale{high: longest, b: width}
			for i, l := range a.Day.Lines {
				top := float64(i * rowHeight)
				d.text(0, top+fontSize, begins, "label", name(l.Name))
				d.text(width, top+fontSize, ends, "value", v.lineAmounts[i])
				whole, busy := s.at(l.Amount.Float()), s.at(l.Amount.Float()-l.IdleAmount.Float())
				d.rect(0, top+barTop, width, top+barTop+barHeight, "track")
				d.rect(0, top+barTop, busy, top+barTop+barHeight, "busy")
				d.rect(busy, top+barTop, whole, top+barTop+barHeight, "idle")
			}
			return d, float64(len(a.Day.Lines)*rowHeight) - rowHeight + barTop + barHeight + 2
		},
	}
}

// moving are the inputs that a tornado shows: the widest of those that move the total.
func moving(a *bill.Answer) (list []bill.Swing) {
	for _, s := range a.Sensitivity {
		if len(list) < most && !s.TotalLow.Equal(s.TotalHigh) {
			list = append(list, s)
		}
	}
	return list
}

// tornadoFigure shows how far each input moves the day's total, the widest first (a tornado
// diagram).
func tornadoFigure(a *bill.Answer, v view) figure {
	return figure{
		ID: "tornado", Title: "What moves the day's total",
		Description: fmt.Sprintf("A bar for each input, from the day's total at its low end to that at its high end, with all else as it is. The line is the total, %s. %s moves it most.",
			v.Total, moving(a)[0].Input),
		draw: func(width float64) (*drawing, float64) {
			d, total := new(drawing), a.Day.Total.Float()
			all := []float64{total}
			for _, s := range a.Sensitivity {
				all = append(all, s.TotalLow.Float(), s.TotalHigh.Float())
			}
			x := linear(32, width-32, 70, all...) // room for half a tick
			widest := moving(a)
			height := float64(len(widest) * rowHeight)
			for _, t := range numbered(x.ticks(70)) {
				d.line(x.at(t.at), 0, x.at(t.at), height, "grid")
				d.text(x.at(t.at), height+16, middle, "tick", t.text)
			}
			d.line(x.at(total), 0, x.at(total), height, "now")
			for i, s := range widest {
				top := float64(i * rowHeight)
				d.text(0, top+fontSize, begins, "label halo", s.Input)
				span := money(s.TotalLow, a.Price) + " – " + money(s.TotalHigh, a.Price)
				if widthOf(s.Input)+widthOf(span)+10 < width {
					d.text(width, top+fontSize, ends, "value halo", span)
				}
				d.rect(x.at(total), top+barTop, x.at(s.TotalLow.Float()), top+barTop+barHeight, "low")
				d.rect(x.at(total), top+barTop, x.at(s.TotalHigh.Float()), top+barTop+barHeight, "high")
			}
			d.text(width/2, height+34, middle, "axis", v.Currency+" a day")
			return d, height + 40
		},
	}
}

package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/bill"
)

// A price of tokens at every utilization is that of work plus that of idleness for each second of
// it: c(u) = work + idle × (1 − u)/u.
type idleness struct{ work, idle float64 }

// through is the one with those costs at two utilizations.
func through(u, cost, v, other float64) idleness {
	x, y := (1-u)/u, (1-v)/v
	idle := (other - cost) / (y - x)
	return idleness{cost - idle*x, idle}
}

func (i idleness) at(u float64) float64 { return i.work + i.idle*(1-u)/u }

// A tokenKind is one of the curves over utilization.
type tokenKind struct {
	name, class string
	of          func(bill.At) *meter.Amount
}

var tokenKinds = []tokenKind{
	{"prompt tokens", "first", func(a bill.At) *meter.Amount { return a.PerMillionPromptTokens }},
	{"completion tokens", "second", func(a bill.At) *meter.Amount { return a.PerMillionCompletionTokens }},
}

// utilizationFigure shows what a million tokens costs on a machine that is more or less busy.
func utilizationFigure(a *bill.Answer, v view) figure {
	return figure{
		ID: "utilization", Title: "A million tokens, by how busy the machine is",
		Description: fmt.Sprintf("Curves for prompt and completion tokens, falling as the machine is busier: idle time is paid for by fewer tokens. The line marks this load's %s. The table beside it has the figures.",
			percent(a.Utilization)),
		draw: func(width float64) (*drawing, float64) {
			d, g := new(drawing), newGraph(width)
			low := slices.MinFunc(a.At, byUtilization)
			high := slices.MaxFunc(a.At, byUtilization)
			var us []float64
			for u := 0.01; u < 1; u *= 1.06 {
				us = append(us, u)
			}
			us = append(us, 1)
			var all []float64
			curves := make([][]point, len(tokenKinds))
			for i, kind := range tokenKinds {
				c := through(low.Utilization, kind.of(low).Float(), high.Utilization, kind.of(high).Float())
				for _, u := range us {
					curves[i] = append(curves[i], point{u, c.at(u)})
					all = append(all, c.at(u))
				}
			}
			left, right := g.xEnds()
			bottom, top := g.yEnds()
			g.xs = scale{low: 0, high: 1, a: left, b: right}
			g.ys = logarithmic(bottom, top, all...)
			for _, u := range []float64{0, 0.25, 0.5, 0.75, 1} {
				g.xTicks = append(g.xTicks, tick{u, percent(u)})
			}
			for _, y := range g.ys.ticks(22) {
				g.yTicks = append(g.yTicks, tick{y, round(y)})
			}
			g.xName = "share of the time in which the machine works"
			g.axes(d)
			if a.Utilization > 0 {
				x := g.xs.at(a.Utilization)
				d.line(x, bottom, x, top, "now")
				anchor, at := begins, x+6
				if a.Utilization > 0.6 {
					anchor, at = ends, x-6
				}
				d.text(at, top+fontSize, anchor, "value halo", "this load "+percent(a.Utilization))
			}
			for i, kind := range tokenKinds {
				g.curve(d, curves[i], "curve "+kind.class)
				var marks []point
				for _, at := range a.At {
					marks = append(marks, point{at.Utilization, kind.of(at).Float()})
				}
				g.dots(d, marks, "dot "+kind.class)
			}
			return d, g.height
		},
	}
}

func byUtilization(x, y bill.At) int { return cmp.Compare(x.Utilization, y.Utilization) }

// hasUtilizations tells whether there is something to draw: costs at two utilizations above 0.
func hasUtilizations(a *bill.Answer) bool {
	seen := map[float64]bool{}
	for _, at := range a.At {
		if at.Utilization <= 0 || at.PerMillionPromptTokens == nil || at.PerMillionCompletionTokens == nil ||
			at.PerMillionPromptTokens.Sign() <= 0 || at.PerMillionCompletionTokens.Sign() <= 0 {
			return false
		}
		seen[at.Utilization] = true
	}
	return len(seen) > 1
}

package report

import (
	"fmt"

	"github.com/gptmeter/gptmeter/meter/bill"
)

// batchFigure shows what a million generated tokens costs, by how many are generated side by side.
func batchFigure(a *bill.Answer, v view) figure {
	return figure{
		ID: "batch", Title: "A million generated tokens, by batch",
		Description: fmt.Sprintf("A curve over the batches that were measured, of what work costs without idle time. The batch of this bill is marked%s. The table beside it has the figures.", v.limitNote),
		draw: func(width float64) (*drawing, float64) {
			d, g := new(drawing), newGraph(width)
			var points, good, bad, chosen []point
			var xs, ys []float64
			for _, b := range a.Batches {
				p := point{float64(b.Batch), b.PerMillionCompletionTokens.Float()}
				points, xs, ys = append(points, p), append(xs, p.x), append(ys, p.y)
				switch {
				case b.Chosen:
					chosen = append(chosen, p)
				case b.Meets:
					good = append(good, p)
				default:
					bad = append(bad, p)
				}
			}
			left, right := g.xEnds()
			bottom, top := g.yEnds()
			low, high := bounds(xs)
			g.xs = scale{low: low / 1.2, high: high * 1.2, a: left, b: right, log: true}
			g.ys = linear(bottom, top, 36, append(ys, 0)...)
			last := -100.0
			for _, p := range points {
				if x := g.xs.at(p.x); x-last >= 28 {
					g.xTicks, last = append(g.xTicks, tick{p.x, fmt.Sprint(p.x)}), x
				}
			}
			g.yTicks = numbered(g.ys.ticks(36))
			g.xName = "sequences that are generated side by side"
			g.axes(d)
			g.curve(d, points, "curve second")
			g.dots(d, good, "dot second")
			g.dots(d, bad, "dot second open")
			for _, p := range chosen {
				d.circle(g.xs.at(p.x), g.ys.at(p.y), 7, "chosen")
				d.circle(g.xs.at(p.x), g.ys.at(p.y), 4, "dot second")
			}
			return d, g.height
		},
	}
}

// hasBatches tells whether there is something to draw.
func hasBatches(a *bill.Answer) bool {
	for _, b := range a.Batches {
		if b.PerMillionCompletionTokens == nil || b.Batch < 1 {
			return false
		}
	}
	return len(a.Batches) > 0
}

package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/meter/bill"
)

// A roof is what two of the machine's peaks allow.
type roof struct {
	name, class string
	compute     float64 // operations a second
}

func roofs(r *bill.Roofline) (list []roof) {
	if r.F32 != nil {
		list = append(list, roof{"f32 peak", "first", *r.F32})
	}
	if r.Int8 != nil {
		list = append(list, roof{"int8 peak", "second", *r.Int8})
	}
	return list
}

// rooflineFigure sets each test's speed over its arithmetic intensity, under what the machine's
// peaks allow (Williams, Waterman and Patterson 2009). The numbers are those of the table.
func rooflineFigure(r *bill.Roofline, tests []bill.RooflinePoint) figure {
	return figure{
		ID: "roofline", Title: "What the benchmark reached of what the machine can do",
		Description: "A roofline: each test of the benchmark by its operations for each byte read and its operations a second, under a roof of the measured read bandwidth, which rises, and the measured peaks, which are level. The table beside it has the figures.",
		draw: func(width float64) (*drawing, float64) {
			d, g := new(drawing), newGraph(width)
			var xs, ys []float64
			for _, t := range tests {
				xs, ys = append(xs, t.FlopsPerByte), append(ys, t.FlopsPerSecond)
			}
			for _, roof := range roofs(r) {
				xs, ys = append(xs, roof.compute / *r.Read), append(ys, roof.compute)
			}
			left, right := g.xEnds()
			bottom, top := g.yEnds()
			g.xs = logarithmic(left, right, xs...)
			g.ys = logarithmic(bottom, top, ys...)
			for _, x := range g.xs.ticks(34) {
				g.xTicks = append(g.xTicks, tick{x, significant(x, 1)})
			}
			for _, y := range g.ys.ticks(22) {
				g.yTicks = append(g.yTicks, tick{y, si(y, "")})
			}
			g.xName = "operations for each byte read"
			g.axes(d)
			g.slope(d, r)
			for _, roof := range roofs(r) {
				g.roof(d, roof, *r.Read)
			}
			for _, group := range g.groups(tests) {
				group.draw(d, width)
			}
			return d, g.height
		},
	}
}

// slope draws what reading allows, up to the highest roof.
func (g graph) slope(d *drawing, r *bill.Roofline) {
	highest := 0.0
	for _, roof := range roofs(r) {
		highest = max(highest, roof.compute)
	}
	from, to := max(g.xs.low, g.ys.low / *r.Read), min(g.xs.high, highest / *r.Read)
	g.curve(d, []point{{from, from * *r.Read}, {to, to * *r.Read}}, "roof slope")
}

// roof draws the level part, which computing allows, with its name.
func (g graph) roof(d *drawing, r roof, read float64) {
	from := max(g.xs.low, r.compute/read)
	if from >= g.xs.high {
		return
	}
	g.curve(d, []point{{from, r.compute}, {g.xs.high, r.compute}}, "roof "+r.class)
	d.text(g.width-axisRight, g.ys.at(r.compute)-6, ends, "value halo", fmt.Sprintf("%s %s/s", r.name, si(r.compute, "")))
}

// A group is tests whose marks would lie on each other: they have one.
type group struct {
	at      point
	numbers []int
}

const markRadius = 9

// groups are those of tests.
func (g graph) groups(tests []bill.RooflinePoint) (groups []group) {
	for i, t := range tests {
		p := point{g.xs.at(t.FlopsPerByte), g.ys.at(t.FlopsPerSecond)}
		near := slices.IndexFunc(groups, func(m group) bool { return math.Hypot(m.at.x-p.x, m.at.y-p.y) < 2*markRadius })
		if near < 0 {
			near = len(groups)
			groups = append(groups, group{at: p})
		}
		groups[near].numbers = append(groups[near].numbers, i+1)
	}
	return groups
}

// label lists the numbers: "1–3, 7".
func (m group) label() string {
	var b strings.Builder
	for i, n := range m.numbers {
		follows := i > 0 && m.numbers[i-1] == n-1
		last := i == len(m.numbers)-1 || m.numbers[i+1] != n+1
		switch {
		case follows && last:
			fmt.Fprintf(&b, "–%d", n)
		case !follows && i > 0:
			fmt.Fprintf(&b, ", %d", n)
		case !follows:
			fmt.Fprint(&b, n)
		}
	}
	return b.String()
}

// draw draws the mark, within a picture of that width.
func (m group) draw(d *drawing, width float64) {
	text, half := m.label(), float64(markRadius)
	if len(m.numbers) > 1 {
		half = widthOf(text)/2 + 5
	}
	x := max(half, min(m.at.x, width-half))
	d.pill(x-half, m.at.y-markRadius, x+half, m.at.y+markRadius, "number")
	d.text(x, m.at.y+4, middle, "in", text)
}

// hasRoofline tells whether there is something to draw: a test under a roof.
func hasRoofline(a *bill.Answer) bool {
	return a.Roofline != nil && len(a.Roofline.Tests) > 0 && a.Roofline.Read != nil && len(roofs(a.Roofline)) > 0
}

package report

// Margins of pictures with two axes.
const (
	axisLeft   = 58
	axisRight  = 22
	axisTop    = 20
	axisBottom = 46
)

// A graph is a picture with two axes.
type graph struct {
	xs, ys         scale
	xName          string
	xTicks, yTicks []tick
	width, height  float64
}

type tick struct {
	at   float64
	text string
}

// newGraph lays out a graph of that width; its scales and ticks are the caller's.
func newGraph(width float64) graph {
	return graph{width: width, height: max(240, width*0.5)}
}

// xEnds and yEnds are the pixels between which the axes run.
func (g graph) xEnds() (a, b float64) { return axisLeft, g.width - axisRight }
func (g graph) yEnds() (a, b float64) { return g.height - axisBottom, axisTop }

// axes draws the ticks and their lines, below all else.
func (g graph) axes(d *drawing) {
	left, right := g.xEnds()
	bottom, top := g.yEnds()
	for _, t := range g.yTicks {
		y := g.ys.at(t.at)
		d.line(left, y, right, y, "grid")
		d.text(left-6, y+4, ends, "tick", t.text)
	}
	for _, t := range g.xTicks {
		x := g.xs.at(t.at)
		d.line(x, bottom, x, top, "grid")
		d.text(x, bottom+20, middle, "tick", t.text)
	}
	d.line(left, bottom, right, bottom, "base")
	d.text((left+right)/2, g.height-6, middle, "axis", g.xName)
}

// curve draws a line through points of the graph.
func (g graph) curve(d *drawing, points []point, class string) {
	at := make([]point, len(points))
	for i, p := range points {
		at[i] = point{g.xs.at(p.x), g.ys.at(p.y)}
	}
	d.path(at, class)
}

// dots marks points of the graph.
func (g graph) dots(d *drawing, points []point, class string) {
	for _, p := range points {
		d.circle(g.xs.at(p.x), g.ys.at(p.y), 4, class)
	}
}

package report

import (
	"fmt"
	"html"
	"html/template"
	"strings"
)

// A drawing is the inside of an SVG. What it looks like is up to the classes in style.css, so that
// light and dark are one drawing.
type drawing struct{ strings.Builder }

func (d *drawing) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(d, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`, x1, y1, x2, y2, class)
}

// rect is a rectangle between two corners, in whatever order.
func (d *drawing) rect(x1, y1, x2, y2 float64, class string) {
	x1, x2 = min(x1, x2), max(x1, x2)
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="%s"/>`, x1, y1, x2-x1, y2-y1, class)
}

// pill is a rectangle with round ends.
func (d *drawing) pill(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.1f" class="%s"/>`, x1, y1, x2-x1, y2-y1, (y2-y1)/2, class)
}

func (d *drawing) circle(x, y, r float64, class string) {
	fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="%.1f" class="%s"/>`, x, y, r, class)
}

// path is a line through points.
func (d *drawing) path(points []point, class string) {
	d.WriteString(`<path d="`)
	for i, p := range points {
		command := 'L'
		if i == 0 {
			command = 'M'
		}
		fmt.Fprintf(d, "%c%.1f %.1f", command, p.x, p.y)
	}
	fmt.Fprintf(d, `" class="%s"/>`, class)
}

// text stands on y; at x it begins, ends or has its middle, as anchor says.
func (d *drawing) text(x, y float64, anchor, class, s string) {
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" text-anchor="%s" class="%s">%s</text>`, x, y, anchor, class, html.EscapeString(s))
}

// Where a text stands.
const (
	begins = "start"
	middle = "middle"
	ends   = "end"
)

type point struct{ x, y float64 }

// fontSize is that of a picture's texts, in its own pixels.
const fontSize = 12

// widthOf is about as wide as a text is, in a wide font.
func widthOf(s string) float64 { return 0.62 * fontSize * float64(len([]rune(s))) }

// A figure is a picture: drawn once for a page that is wide and once for a phone.
type figure struct {
	ID          string
	Title       string // what it is
	Description string // what it shows, for those who do not see it
	draw        func(width float64) (d *drawing, height float64)
}

// Widths of pictures: that of a phone's page of 360 pixels between its margins, and of a wide page.
const (
	narrowWidth = 328
	wideWidth   = 680
)

// Narrow is the picture for a phone, Wide the other; of the two a page shows one.
func (f figure) Narrow() template.HTML { return f.svg("narrow", narrowWidth) }
func (f figure) Wide() template.HTML   { return f.svg("wide", wideWidth) }

func (f figure) svg(class string, width float64) template.HTML {
	d, height := f.draw(width)
	id := f.ID + "-" + class
	return template.HTML(fmt.Sprintf(`<svg class="%s" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="%s-title %s-description">`+
		`<title id="%s-title">%s</title><desc id="%s-description">%s</desc>%s</svg>`,
		class, width, height, id, id, id, html.EscapeString(f.Title), id, html.EscapeString(f.Description), d.String()))
}

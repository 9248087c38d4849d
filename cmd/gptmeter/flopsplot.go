package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/gptmeter/gptmeter/meter/theory"
)

// The picture's size, its margin and the thickness of a bar, in points; a PNG has so many dots to
// the inch.
const (
	pictureWidth, pictureHeight = 576, 340

	margin      = 10
	thickness   = 11
	dotsPerInch = 192
)

// picture draws the report's products as bars by operator, counted beside exact, as an image in
// that format, svg or png.
func (r *flopsReport) picture(format string) ([]byte, error) {
	p := plot.New()
	p.Title.Text = oneLine(r.Model) + "\n" + r.request()
	p.X.Label.Text = "FLOPs of matrix products, logarithmic"
	p.Title.Padding, p.Legend.Padding, p.Legend.Top, p.Legend.YOffs = 34, 2, true, 30 // the legend stands below the title
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Variant, style.Font.Size = "Sans", 10
	}
	bars := r.bars()
	scale := newDecades(bars)
	// Dark and light, so that the two are told apart in grey as well.
	counted := series{"counted", thickness / 2., color.RGBA{0x1f, 0x4e, 0x79, 0xff}, func(b bar) (int64, string) { return b.counted, b.gaps }}
	exact := series{"exact form", -thickness / 2., color.RGBA{0xf2, 0xb1, 0x34, 0xff}, func(b bar) (int64, string) { return b.exact, "" }}
	for _, s := range []series{counted, exact} {
		if err := s.add(p, bars, scale); err != nil {
			return nil, err
		}
	}
	var names []string
	for _, b := range bars {
		names = append(names, b.name)
	}
	p.NominalY(names...)
	p.X.Padding = thickness
	p.X.Min, p.X.Max, p.X.Scale, p.X.Tick.Marker = scale.least, scale.most, scale, scale
	return render(p, format)
}

// A bar is an operator of a phase.
type bar struct {
	name           string
	counted, exact int64
	gaps           string // with their reasons
}

// bars lists the products of both phases from the bottom up.
func (r *flopsReport) bars() (bars []bar) {
	add := func(phase theory.Phase, counted, exact theory.Products) {
		for _, row := range slices.Backward(productRows(counted, exact)) {
			b := bar{fmt.Sprintf("%s %s", phase, row.operator), row.counted, row.exact, ""}
			for _, g := range r.gapsOf(phase, row.operator) {
				b.gaps += fmt.Sprintf("; gap %s %s", grouped(g.FLOPs), g.Reason)
			}
			bars = append(bars, b)
		}
	}
	if r.Generate > 1 {
		add(theory.Decode, r.Counted.Decode.Products, r.Exact.Decode)
	}
	add(theory.Prefill, r.Counted.Prefill.Products, r.Exact.Prefill)
	return bars
}

// A series is the bars of one colour.
type series struct {
	name   string
	offset vg.Length // from the middle of an operator's bars
	color  color.Color
	value  func(bar) (flops int64, note string)
}

// add draws the series and writes its numbers behind its bars.
func (s series) add(p *plot.Plot, bars []bar, scale decades) error {
	var values plotter.Values
	var numbers plotter.XYLabels
	for i, b := range bars {
		flops, note := s.value(b)
		values = append(values, float64(flops))
		numbers.XYs = append(numbers.XYs, plotter.XY{X: math.Max(float64(flops), scale.least), Y: float64(i)})
		numbers.Labels = append(numbers.Labels, grouped(flops)+note)
	}
	chart, err := plotter.NewBarChart(values, thickness)
	if err != nil {
		return err
	}
	chart.Horizontal, chart.Offset, chart.Color, chart.LineStyle.Width = true, s.offset, s.color, 0
	labels, err := plotter.NewLabels(numbers)
	if err != nil {
		return err
	}
	labels.Offset = vg.Point{X: 3, Y: s.offset}
	for i := range labels.TextStyle {
		style := &labels.TextStyle[i]
		style.Font.Variant, style.Font.Size, style.YAlign = "Sans", 8, -0.4
	}
	p.Add(chart, labels)
	p.Legend.Add(s.name, chart)
	return nil
}

// decades is a logarithmic scale between powers of ten, on which 0 lies at the left edge.
type decades struct{ least, most float64 }

// newDecades has room for all bars, the shortest of which shall be seen.
func newDecades(bars []bar) decades {
	least, most := math.MaxFloat64, 1.
	for _, b := range bars {
		for _, flops := range []int64{b.counted, b.exact} {
			if flops > 0 {
				least, most = min(least, float64(flops)), max(most, float64(flops))
			}
		}
	}
	least = min(least, most)
	return decades{math.Pow10(int(math.Floor(math.Log10(least))) - 1), math.Pow10(int(math.Ceil(math.Log10(most))))}
}

// Normalize makes decades a plot.Normalizer.
func (decades) Normalize(least, most, x float64) float64 {
	return plot.LogScale{}.Normalize(least, most, max(least, x))
}

// Ticks makes decades a plot.Ticker.
func (d decades) Ticks(float64, float64) (ticks []plot.Tick) {
	plain := strings.NewReplacer(".00", "", ".0", "")
	for x := d.least; x < 2*d.most; x *= 10 {
		ticks = append(ticks, plot.Tick{Value: x, Label: plain.Replace(siText(x, ""))})
	}
	return ticks
}

// render draws p with a margin.
func render(p *plot.Plot, format string) ([]byte, error) {
	var picture vg.CanvasWriterTo = vgsvg.New(pictureWidth, pictureHeight)
	if format == "png" {
		picture = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(pictureWidth, pictureHeight), vgimg.UseDPI(dotsPerInch))}
	}
	canvas := draw.New(picture)
	canvas.SetColor(color.White)
	canvas.Fill(canvas.Path())
	p.Draw(draw.Crop(canvas, margin, -margin, margin, -margin))
	var b bytes.Buffer
	if _, err := picture.WriteTo(&b); err != nil {
		return nil, err
	}
	// Where Liberation is not installed, fonts of the same widths take its place.
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

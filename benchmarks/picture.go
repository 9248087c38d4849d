package benchmarks

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The picture in points, and dots of a PNG to the inch.
const (
	pictureWidth  = 920 * vg.Length(1)
	pictureHeight = 420 * vg.Length(1)
	titleHeight   = 26 * vg.Length(1)
	dotsPerInch   = 144
)

// Picture draws the tests under the machine's roofs, and their throughput by batch, as an image in
// that format: "svg" or "png". Without a test there is nothing to draw.
func (r *Report) Picture(format string) ([]byte, error) {
	if len(r.Results) == 0 {
		return nil, errors.New("no test was finished, so there is nothing to draw")
	}
	series := r.series()
	roofline, err := r.roofline(series)
	if err != nil {
		return nil, err
	}
	throughput, err := r.throughput(series)
	if err != nil {
		return nil, err
	}
	var picture vg.CanvasWriterTo = vgsvg.New(pictureWidth, pictureHeight)
	if format == "png" {
		picture = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(pictureWidth, pictureHeight), vgimg.UseDPI(dotsPerInch))}
	}
	canvas := draw.New(picture)
	canvas.SetColor(color.White)
	canvas.Fill(canvas.Path())
	canvas = draw.Crop(canvas, 8, -8, 6, -8)
	style := roofline.Title.TextStyle
	style.XAlign, style.YAlign = draw.XCenter, draw.YTop
	canvas.FillText(style, vg.Point{X: canvas.Center().X, Y: canvas.Max.Y}, r.Model.Name+" on "+r.Machine.text())

	canvas = draw.Crop(canvas, 0, 0, 0, -titleHeight)
	middle := canvas.Size().X / 2
	roofline.Draw(draw.Crop(canvas, 0, -middle-6, 0, 0))
	throughput.Draw(draw.Crop(canvas, middle+6, 0, 0, 0))

	var b bytes.Buffer
	if _, err := picture.WriteTo(&b); err != nil {
		return nil, err
	}
	// Where Liberation is not installed, fonts of the same widths take its place.
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

// A series is tests that differ in their batch alone, in the order of the report.
type series struct {
	name    string
	results []Result
	color   color.Color
	shape   draw.GlyphDrawer
}

// palette is Okabe and Ito's, which people tell apart whatever colours they see, without yellow,
// which is too light for a line.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff}, color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff},
	color.Black,
}

func (r *Report) series() (list []*series) {
	byName := map[string]*series{}
	for _, x := range r.Results {
		name := fmt.Sprintf("%s, %s, %s", x.name(), x.DType, threadsText(x.Threads))
		s := byName[name]
		if s == nil {
			s = &series{name: name, color: palette[len(list)%len(palette)], shape: draw.CircleGlyph{}}
			if x.Phase == "prefill" {
				s.shape = draw.BoxGlyph{}
			}
			byName[name] = s
			list = append(list, s)
		}
		s.results = append(s.results, x)
	}
	return list
}

// glyph is how the series' points look.
func (s *series) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: s.color, Shape: s.shape, Radius: 4}
}

// newPanel is a plot with both axes logarithmic.
func newPanel(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = 6
	for size, styles := range map[font.Length][]*draw.TextStyle{
		11: {&p.Title.TextStyle}, 10: {&p.X.Label.TextStyle, &p.Y.Label.TextStyle},
		9: {&p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle},
	} {
		for _, style := range styles {
			style.Font.Variant, style.Font.Size = "Sans", size
		}
	}
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = decades{}, decades{}
	p.X.Padding, p.Y.Padding = 0, 0
	p.Legend.ThumbnailWidth, p.Legend.Padding = 16, 2
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{0xe4}, color.Gray{0xe4}
	p.Add(grid)
	return p
}

// around widens an axis until x lies in it, with some room.
func around(a *plot.Axis, x float64) {
	a.Min, a.Max = min(a.Min, x/1.6), max(a.Max, x*1.6)
}

// decades are the ticks of a logarithmic axis: powers of ten have labels, and where there are few
// of them their doubles and fivefolds too.
type decades struct{}

func (decades) Ticks(least, most float64) (ticks []plot.Tick) {
	narrow := most/least < 100
	for power := math.Floor(math.Log10(least)); power <= math.Ceil(math.Log10(most)); power++ {
		for digit := 1.; digit < 10; digit++ {
			t := plot.Tick{Value: digit * math.Pow(10, power)}
			if t.Value < least || t.Value > most {
				continue
			}
			if digit == 1 || narrow && (digit == 2 || digit == 5) {
				t.Label = tickLabel(t.Value)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// tickLabel writes 0.5, 20 or 100G.
func tickLabel(x float64) string {
	prefix := 0
	for x >= 1000 && prefix < 4 {
		x, prefix = x/1000, prefix+1
	}
	return strings.TrimSpace(fmt.Sprintf("%.4g%s", x, []string{"", "k", "M", "G", "T"}[prefix]))
}

package benchmarks

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gptmeter/gptmeter/tensor"
)

// roofline sets each test's speed over its arithmetic intensity, under what the machine's peaks
// allow (Williams, Waterman and Patterson 2009): intensity times the rate of reading, up to the
// rate of computing.
func (r *Report) roofline(list []*series) (*plot.Plot, error) {
	p := newPanel("Roofline: colours as on the right, numbers are batches", "FLOP / byte read", "FLOP/s")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = math.MaxFloat64, 0, math.MaxFloat64, 0
	for _, s := range list {
		for _, x := range s.results {
			around(&p.X, x.intensity())
			around(&p.Y, x.FlopsPerSecond)
		}
	}
	roofs := r.roofs()
	for _, roof := range roofs {
		around(&p.X, roof.ridge())
		around(&p.Y, roof.compute)
		around(&p.Y, p.X.Min*roof.read)
	}
	for i, roof := range roofs {
		below := i < len(roofs)-1 // names of roofs that lie close are then apart
		if err := roof.add(p, below); err != nil {
			return nil, err
		}
	}
	for _, s := range list {
		if err := s.addPoints(p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// intensity is operations for each byte read.
func (x Result) intensity() float64 { return float64(x.Flops) / float64(x.BytesRead) }

func (s *series) addPoints(p *plot.Plot) error {
	var points plotter.XYs
	var labels []string
	for _, x := range s.results {
		points = append(points, plotter.XY{X: x.intensity(), Y: x.FlopsPerSecond})
		labels = append(labels, fmt.Sprint(x.Batch))
	}
	scatter, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	scatter.GlyphStyle = s.glyph()
	p.Add(scatter)
	return addLabels(p, points, labels, label{vg.Point{X: 6, Y: -3}, draw.XLeft, s.color})
}

// A label is how texts stand at their points.
type label struct {
	offset vg.Point
	align  draw.XAlignment
	color  color.Color
}

func addLabels(p *plot.Plot, points plotter.XYs, texts []string, l label) error {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: points, Labels: texts})
	if err != nil {
		return err
	}
	labels.Offset = l.offset
	for i := range labels.TextStyle {
		style := &labels.TextStyle[i]
		style.Color, style.XAlign, style.Font.Variant, style.Font.Size = l.color, l.align, "Sans", 8
	}
	p.Add(labels)
	return nil
}

// A roof is what two peaks allow.
type roof struct {
	name          string
	compute, read float64 // operations and bytes a second
	dashes        []vg.Length
}

// ridge is the intensity from which on computing is the limit.
func (r roof) ridge() float64 { return r.compute / r.read }

// roofs are those of each number of threads, for the limits that the tests' formats have.
func (r *Report) roofs() (roofs []roof) {
	limits := map[string]bool{}
	for _, d := range tensor.DTypes() {
		if slices.ContainsFunc(r.Results, func(x Result) bool { return x.DType == d.String() }) {
			limits[d.Limit()] = true
		}
	}
	for i, p := range r.Machine.Peaks.ByThreads {
		for _, limit := range []struct {
			name string
			rate *float64
		}{{"f32", p.F32}, {"int8", p.Int8}} {
			if !limits[limit.name] || limit.rate == nil || p.Read == nil {
				continue
			}
			roof := roof{name: fmt.Sprintf("%s, %s", limit.name, threadsText(p.Threads)), compute: *limit.rate, read: *p.Read}
			if i%2 == 0 && i < len(r.Machine.Peaks.ByThreads)-1 {
				roof.dashes = []vg.Length{4, 3}
			}
			roofs = append(roofs, roof)
		}
	}
	return roofs
}

// add draws the roof over the whole width and writes its rates at the right end.
func (r roof) add(p *plot.Plot, below bool) error {
	line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: p.X.Min * r.read}, {X: r.ridge(), Y: r.compute}, {X: p.X.Max, Y: r.compute}})
	if err != nil {
		return err
	}
	grey := color.Gray{0x60}
	line.LineStyle = draw.LineStyle{Color: grey, Width: 1.2, Dashes: r.dashes}
	p.Add(line)
	rates := fmt.Sprintf("%s: %sFLOP/s, %sB/s", r.name, si(r.compute), si(r.read))
	offset := vg.Point{X: -2, Y: 3}
	if below {
		offset.Y = -10
	}
	return addLabels(p, plotter.XYs{{X: p.X.Max, Y: r.compute}}, []string{rates}, label{offset, draw.XRight, grey})
}

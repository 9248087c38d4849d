package benchmarks

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// throughput sets each series' tokens a second, with the interval of their mean, over its batches.
func (r *Report) throughput(list []*series) (*plot.Plot, error) {
	p := newPanel("Throughput: median, and the 95 % interval of the mean", "batch", "tokens/s")
	x, y := plot.Axis{Min: math.MaxFloat64}, plot.Axis{Min: math.MaxFloat64}
	var batches []int
	for _, s := range list {
		for _, r := range s.results {
			batches = append(batches, r.Batch)
			around(&x, float64(r.Batch))
			around(&y, r.TokensPerSecond.Median)
		}
		if err := s.addLine(p); err != nil {
			return nil, err
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Min, x.Max, y.Min, y.Max // a long interval may end outside
	slices.Sort(batches)
	p.X.Tick.Marker = wholes(slices.Compact(batches))
	p.Y.Max *= math.Pow(1.35, float64(len(list))) // room for the legend
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs, p.Legend.YOffs = true, true, 6, -4
	return p, nil
}

func (s *series) addLine(p *plot.Plot) error {
	var points plotter.XYs
	var errors plotter.YErrors
	for _, x := range s.results {
		median := x.TokensPerSecond.Median
		points = append(points, plotter.XY{X: float64(x.Batch), Y: median})
		var e struct{ Low, High float64 }
		if i := x.TokensPerSecond.Interval; i != nil {
			e.Low, e.High = max(0, median-i.Low), max(0, i.High-median)
			e.Low = min(e.Low, 0.9*median) // an axis of logarithms ends above 0
		}
		errors = append(errors, e)
	}
	line, scatter, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{Color: s.color, Width: 1.2}
	scatter.GlyphStyle = s.glyph()
	bars, err := plotter.NewYErrorBars(struct {
		plotter.XYs
		plotter.YErrors
	}{points, errors})
	if err != nil {
		return err
	}
	bars.LineStyle.Color = s.color
	p.Add(bars, line, scatter)
	p.Legend.Add(s.name, line, scatter)
	return nil
}

// wholes are ticks at some numbers.
type wholes []int

func (w wholes) Ticks(float64, float64) (ticks []plot.Tick) {
	for _, n := range w {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: fmt.Sprint(n)})
	}
	return ticks
}

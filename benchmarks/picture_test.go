package benchmarks

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/png"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// texts are what an SVG says.
func texts(t *testing.T, svg []byte) (list []string) {
	t.Helper()
	inText := false
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				list = append(list, string(token))
			}
		}
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
	}
}

// The picture names what it is of, every series, every batch, and the roof of the tests' format;
// of peaks that were not measured there is no roof.
func TestPicture(t *testing.T) {
	r := someReport()
	r.Model.Name = `a <model> & "more"`
	wide := r.Results[0]
	wide.Batch, wide.FlopsPerSecond = 37, 1.5e11
	r.Results = append(r.Results, wide)
	svg, err := r.Picture("svg")
	if err != nil {
		t.Fatal(err)
	}
	said := texts(t, svg)
	for _, want := range []string{
		`a <model> & "more" on Made-up Processor  X, 2 cores, 8.000 GB, linux/amd64, avx512 kernels, go1.26.8, 2026-11-23`,
		"pp512 @ d128, f32, 2 threads", "tg128, f32, 1 thread", "f32, 2 threads: 225.0 GFLOP/s, 30.00 GB/s", "37", "FLOP/s", "tokens/s",
	} {
		if !slices.Contains(said, want) {
			t.Errorf("%q is not among %q", want, said)
		}
	}
	for _, name := range []string{"int8, 2 threads: 900.0 Gop/s, 30.00 GB/s", "pp512 @ d128, f32, 2 threads"} {
		n := 0
		for _, s := range said {
			if s == name {
				n++
			}
		}
		if want := map[bool]int{true: 1}[name[0] == 'p']; n != want {
			t.Errorf("%q is there %d times, want %d", name, n, want)
		}
	}
	if again, err := r.Picture("svg"); err != nil || !bytes.Equal(again, svg) {
		t.Errorf("the second picture of the same is another, %v", err)
	}
}

// With however little there is, there is a picture in either format.
func TestPictures(t *testing.T) {
	for n := 1; n <= 2; n++ {
		for _, peaks := range []bool{false, true} {
			r := someReport()
			r.Results = r.Results[2-n:][:1]
			if !peaks {
				r.Machine.Peaks = Peaks{ByThreads: []PeakRates{{Threads: 1}, {Threads: 2}}}
			}
			svg, err := r.Picture("svg")
			if err != nil || len(texts(t, svg)) < 10 {
				t.Errorf("SVG of result %d: %d bytes, %v", n, len(svg), err)
			}
			dots, err := r.Picture("png")
			if err != nil {
				t.Fatal(err)
			}
			image, err := png.Decode(bytes.NewReader(dots))
			if err != nil {
				t.Fatal(err)
			}
			if size := image.Bounds().Size(); size.X != int(pictureWidth*dotsPerInch/72) || size.Y != int(pictureHeight*dotsPerInch/72) {
				t.Errorf("PNG of result %d has %v dots", n, size)
			}
		}
	}
	none := someReport()
	none.Results = nil
	if picture, err := none.Picture("svg"); err == nil {
		t.Errorf("a picture of nothing: %s", picture)
	}
}

func TestDecades(t *testing.T) {
	for _, test := range []struct {
		least, most float64
		want        []string
	}{
		{0.4, 30, []string{"0.5", "1", "2", "5", "10", "20"}},
		{5e9, 2e11, []string{"5G", "10G", "20G", "50G", "100G", "200G"}},
		{90, 20000, []string{"100", "1k", "10k"}},
		{1, 1e12, []string{"1", "10", "100", "1k", "10k", "100k", "1M", "10M", "100M", "1G", "10G", "100G", "1T"}},
	} {
		var got []string
		for _, tick := range (decades{}).Ticks(test.least, test.most) {
			if tick.Value < test.least*(1-1e-9) || tick.Value > test.most*(1+1e-9) {
				t.Errorf("%v..%v has a tick at %v", test.least, test.most, tick.Value)
			}
			if tick.Label != "" {
				got = append(got, tick.Label)
			}
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%v..%v: %s", test.least, test.most, d)
		}
	}
}

// Series that differ in anything but their batch are apart.
func TestSeries(t *testing.T) {
	r := &Report{}
	for _, threads := range []int{1, 2} {
		for _, depth := range []int{0, 5} {
			for _, batch := range []int{1, 2, 4} {
				r.Results = append(r.Results, Result{Test: "pp7", DType: "f32", Batch: batch, Threads: threads, Depth: depth})
			}
		}
	}
	var got []string
	for _, s := range r.series() {
		line := s.name + ":"
		for _, x := range s.results {
			line += fmt.Sprint(" ", x.Batch)
		}
		got = append(got, line)
	}
	if d := cmp.Diff([]string{"pp7, f32, 1 thread: 1 2 4", "pp7 @ d5, f32, 1 thread: 1 2 4", "pp7, f32, 2 threads: 1 2 4", "pp7 @ d5, f32, 2 threads: 1 2 4"}, got); d != "" {
		t.Error(d)
	}
}

package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/meter/theory"
)

// TestFlopsPicture: the picture in the manual is what the program draws. After a change
//
//	gptmeter flops --plot docs/flops.svg
//
// draws it anew: look at it.
func TestFlopsPicture(t *testing.T) {
	want, err := os.ReadFile("../../docs/flops.svg")
	if err != nil {
		t.Fatal(err)
	}
	m := loadModel(t, "tiny")
	plan := theory.Plan{Shape: shapeOf(m.model.Config), Prompt: 128, Generate: 128}
	result, err := runPlan(t.Context(), m, plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := newFlopsReport(m, plan, result).picture("svg")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/flops.svg is not what is drawn now")
	}
}

// TestPictures: whatever the numbers are, the picture is one, and has them all.
func TestPictures(t *testing.T) {
	for name, c := range map[string]theory.Products{
		"nothing": {},
		"one":     {Linear: 1},
		"powers":  {Linear: 1e6, Attention: 1e3, Unembed: 1e9},
		"vast":    {Linear: math.MaxInt64, Attention: 1, Unembed: 1e9},
	} {
		r := &flopsReport{
			Model: "<&\x00\u202e猫>", Generate: 2,
			Counted: countedPhases{Prefill: countedLeg{Products: c}, Decode: countedLeg{Products: c}},
			Exact:   theory.Phases{Prefill: c, Decode: c},
			Gaps:    []theory.Gap{{Phase: theory.Decode, Operator: theory.Unembed, FLOPs: -384, Reason: theory.Unexplained}},
		}
		svg, err := r.picture("svg")
		if err != nil {
			t.Fatal(err)
		}
		text := checkXML(t, svg)
		for _, want := range []string{grouped(c.Linear), grouped(c.Attention), grouped(c.Unembed) + "; gap -384 unexplained", "prefill linear", "decode unembed"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the picture does not say %q: %q", name, want, text)
			}
		}
		data, err := r.picture("png")
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		const inch = 72
		if size := picture.Bounds().Size(); size.X != pictureWidth*dotsPerInch/inch || size.Y < pictureHeight*dotsPerInch/inch {
			t.Errorf("%s: the picture is %v", name, size)
		}
	}
}

// checkXML wants an XML document without numbers that are none, and returns its text.
func checkXML(t *testing.T, document []byte) (text string) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if chars, ok := token.(xml.CharData); ok {
			text += string(chars)
		}
	}
	if bytes.Contains(document, []byte("NaN")) || bytes.Contains(document, []byte("Inf")) {
		t.Error("a coordinate is no number")
	}
	return text
}

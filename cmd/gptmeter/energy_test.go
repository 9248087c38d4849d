package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gptmeter/gptmeter/meter"
)

// powercap is a made-up tree of one package that draws a joule between any two readings, of which
// so many succeed.
type powercap struct {
	fstest.MapFS
	readings int
	drawn    int
}

func newPowercap(readings int) *powercap {
	return &powercap{readings: readings, MapFS: fstest.MapFS{
		"intel-rapl:0/name":                {Data: []byte("package-0\n")},
		"intel-rapl:0/max_energy_range_uj": {Data: []byte("262143328850\n")},
		"intel-rapl:0/energy_uj":           {},
	}}
}

func (p *powercap) ReadFile(name string) ([]byte, error) {
	if !strings.HasSuffix(name, "/energy_uj") {
		return p.MapFS.ReadFile(name)
	}
	if p.readings == 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	p.readings--
	p.drawn++
	return fmt.Appendln(nil, 1_000_000*p.drawn), nil
}

// What the counters say, or why nothing could be read, or the watts; counters that fail once
// requests run are told of in one line.
func TestEnergy(t *testing.T) {
	const failed = "energy counter: open intel-rapl:0/energy_uj: permission denied"
	for _, test := range []struct {
		name     string
		readings int // the first is made before anything runs
		watts    float64
		source   meter.Source
		receipt  string
		notice   bool
	}{
		{"measured", 99, 0, meter.Measured, "energy [0-9.]+ m?J measured, [0-9.]+ m?J per generated token", false},
		{"measured, though there are watts", 99, 50, meter.Measured, "energy [0-9.]+ m?J measured, .*", false},
		{"no permission", 0, 0, meter.Unmeasured, regexp.QuoteMeta("energy unmeasured (" + failed + ")"), false},
		{"no permission, but watts", 0, 50, meter.Configured, "energy [0-9.]+ m?J configured, .*", false},
		{"failing", 1, 0, meter.Unmeasured, "energy unmeasured", true},
		{"failing, but watts", 1, 50, meter.Configured, "energy [0-9.]+ m?J configured, .*", true},
	} {
		p, output := testProgram(t)
		p.powercap = newPowercap(test.readings)
		f := &generateFlags{modelFlags: modelFlags{model: "tiny", dtype: auto, kernel: auto}, maxBatch: 1, watts: test.watts, promptFile: "p"}
		f.base = newRequest()
		f.base.text, f.base.MaxTokens = "The cat", 1
		m, err := p.load(t.Context(), f.modelFlags, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.answer(t.Context(), f, m, &traceFile{}, []request{f.base, f.base}); err != nil {
			t.Fatal(err)
		}
		text := output()
		if !regexp.MustCompile("(?m)^" + test.receipt + "$").MatchString(text) {
			t.Errorf("%s: no %s in\n%s", test.name, test.receipt, text)
		}
		want := 0
		if test.notice {
			want = 1
		}
		if n := strings.Count(text, "gptmeter: energy could not be measured to the end: "+failed+"\n"); n != want {
			t.Errorf("%s: %d notices in\n%s", test.name, n, text)
		}
		d := json.NewDecoder(strings.NewReader(text))
		for range 2 {
			var a answer
			if err := d.Decode(&a); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if e := a.Meter.Energy; e.Source != test.source || (e.Joules == nil) != (e.Source == meter.Unmeasured) {
				t.Errorf("%s: a request has drawn %v, %s", test.name, e.Joules, e.Source)
			}
		}
	}
}

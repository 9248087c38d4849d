package meter

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPeakFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "peaks.json")
	if _, err := ReadPeaks(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	p := NewPeaks()
	p.add(Peak{Limit: "read", Kernel: "avx2", Unit: "B/s", Threads: 2, Samples: []float64{3e10, 2.9e10},
		Date: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)})
	for range 2 { // also over an old one
		if err := p.Write(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadPeaks(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p.List(), got.List()); d != "" {
		t.Error(d)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); len(files) != 1 || err != nil {
		t.Errorf("writing has left %v, %v", files, err)
	}
}

// Where the file cannot be put in its place, what is there stays, and nothing beside it.
func TestPeakFileFails(t *testing.T) {
	folder := t.TempDir()
	taken, file := filepath.Join(folder, "taken"), write(t, nil)
	if err := os.MkdirAll(filepath.Join(taken, "in it"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := NewPeaks().Write(taken); err == nil {
		t.Error("a folder was replaced")
	}
	if err := NewPeaks().Write(filepath.Join(file, "peaks.json")); err == nil {
		t.Error("a file has become a folder")
	}
	if files, err := os.ReadDir(folder); len(files) != 1 || err != nil {
		t.Errorf("a failure has left %v, %v", files, err)
	}
}

// What another machine, another version or no version has written is not used.
func TestOtherPeaks(t *testing.T) {
	ours := peakFile{Version: peakVersion, Machine: ThisMachine(),
		Peaks: []Peak{{Limit: "f32", Kernel: "avx2", Unit: "FLOP/s", Threads: 1, Samples: []float64{1e11}}}}
	for _, test := range []struct {
		name   string
		change func(f *peakFile)
		other  bool // ErrOtherMachine
	}{
		{"version", func(f *peakFile) { f.Version++ }, true},
		{"processor", func(f *peakFile) { f.Machine.CPU += " II" }, true},
		{"features", func(f *peakFile) { f.Machine.Features = f.Machine.Features[1:] }, true},
		{"cores", func(f *peakFile) { f.Machine.Cores++ }, true},
		{"memory", func(f *peakFile) { f.Machine.MemoryBytes /= 2; f.Machine.MemoryBytes++ }, true},
		{"cache", func(f *peakFile) { f.Machine.L3Bytes++ }, true},
		{"system", func(f *peakFile) { f.Machine.OS = "plan9" }, true},
		{"probes", func(f *peakFile) { f.Machine.Probes = f.Machine.Probes[1:] }, true},
		{"limit", func(f *peakFile) { f.Peaks[0].Limit = "f64" }, false},
		{"threads", func(f *peakFile) { f.Peaks[0].Threads = 0 }, false},
		{"no samples", func(f *peakFile) { f.Peaks[0].Samples = nil }, false},
		{"zero", func(f *peakFile) { f.Peaks[0].Samples = []float64{0} }, false},
		{"negative", func(f *peakFile) { f.Peaks[0].Samples = []float64{1, -1} }, false},
		{"twice", func(f *peakFile) { f.Peaks = append(f.Peaks, f.Peaks[0]) }, false},
	} {
		f := ours
		f.Machine, f.Peaks = ThisMachine(), append([]Peak{}, ours.Peaks...)
		test.change(&f)
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		path := write(t, text)
		if p, err := ReadPeaks(path); p != nil || err == nil || errors.Is(err, ErrOtherMachine) != test.other || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, %v", test.name, p, err)
		}
	}
	for _, text := range []string{"", "null", "{}", "[]", `{"version":1e99}`, strings.Repeat(" ", maxPeakFile) + "{}"} {
		if p, err := ReadPeaks(write(t, []byte(text))); p != nil || err == nil {
			t.Errorf("%.20q: %v, %v", text, p, err)
		}
	}
}

func write(t *testing.T, text []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "peaks.json")
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// FuzzPeaks: whatever a file holds, its peaks can be used or there is an error.
func FuzzPeaks(f *testing.F) {
	ours, err := json.Marshal(peakFile{Version: peakVersion, Machine: ThisMachine(),
		Peaks: []Peak{{Limit: "f32", Kernel: "avx2", Unit: "FLOP/s", Threads: 1, Samples: []float64{1e11, 2e11}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(ours), "1e11", "-0")
	f.Add(string(ours), `"f32"`, `"read"`)
	f.Add(string(ours), `"samples":[`, `"samples":[[`)
	f.Fuzz(func(t *testing.T, text, old, new string) {
		p := NewPeaks()
		if p.parse([]byte(strings.ReplaceAll(text, old, new))) != nil {
			return
		}
		for _, q := range p.List() {
			if !(q.Rate() > 0) || !(q.Spread() >= 1) || q.Threads < 1 {
				t.Errorf("%+v", q)
			}
		}
	})
}

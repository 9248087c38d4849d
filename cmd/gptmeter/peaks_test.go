package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
)

// somePeaks are of one probe on so many threads.
func somePeaks(threads int) *meter.Peaks {
	pool := tensor.NewPool(threads)
	defer pool.Close()
	p := meter.NewPeaks()
	p.Measure(pool, meter.Probes()[0], time.Millisecond)
	return p
}

// What was measured is kept beside what there is, or in its place; what is of no use makes room,
// and where nothing can be kept that is said.
func TestKeepPeaks(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", folder)
	t.Setenv("HOME", folder)
	path, err := meter.PeakFile()
	if err != nil {
		t.Fatal(err)
	}
	if knownPeaks() != nil {
		t.Error("peaks are known that were never measured")
	}
	p, output := testProgram(t)
	for _, step := range []struct {
		name    string
		threads int
		fresh   bool
		kept    []int // numbers of threads
	}{
		{"the first", 1, false, []int{1}},
		{"beside it", 2, false, []int{1, 2}},
		{"again", 2, false, []int{1, 2}},
		{"in the place of all", 3, true, []int{3}},
	} {
		p.keepPeaks(somePeaks(step.threads), step.fresh)
		known := knownPeaks()
		if len(known.List()) != len(step.kept) {
			t.Fatalf("%s: %d peaks are kept", step.name, len(known.List()))
		}
		for i, q := range known.List() {
			if q.Threads != step.kept[i] {
				t.Errorf("%s: a peak on %d threads, want %d", step.name, q.Threads, step.kept[i])
			}
		}
	}
	if text := output(); text != "" {
		t.Errorf("said %q", text)
	}

	if err := os.WriteFile(path, []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if knownPeaks() != nil {
		t.Error("a broken file has peaks")
	}
	p.keepPeaks(somePeaks(1), false)
	if text := output(); knownPeaks() == nil || !strings.HasPrefix(text, "gptmeter: the peaks that were kept are of no use: ") || strings.Count(text, "\n") != 1 {
		t.Errorf("after a broken file: %q", text)
	}

	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", file)
	t.Setenv("HOME", file)
	t.Setenv("LocalAppData", file)
	p, output = testProgram(t)
	p.keepPeaks(somePeaks(1), false)
	if text := output(); !strings.Contains(text, "gptmeter: the peaks are not kept: ") {
		t.Errorf("where nothing can be kept: %q", text)
	}
}

func TestCovers(t *testing.T) {
	all := meter.NewPeaks()
	pool := tensor.NewPool(2)
	defer pool.Close()
	for _, probe := range meter.Probes() {
		all.Measure(pool, probe, time.Millisecond)
	}
	for _, test := range []struct {
		peaks   *meter.Peaks
		threads []int
		want    bool
	}{
		{nil, []int{2}, false}, {somePeaks(2), []int{2}, false}, {all, []int{2}, true}, {all, []int{2, 1}, false},
	} {
		if got := covers(test.peaks, test.threads); got != test.want {
			t.Errorf("%v threads: %v", test.threads, got)
		}
	}
}

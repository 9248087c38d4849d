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

// Work is set beside the peaks of this machine where they have been measured, and beside no others.
func TestShares(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", folder)
	t.Setenv("HOME", folder)
	path, err := meter.PeakFile()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	measured := meter.NewPeaks()
	pool := tensor.NewPool(defaultThreads())
	defer pool.Close()
	for _, probe := range meter.Probes() {
		measured.Measure(pool, probe, time.Millisecond)
	}
	for _, test := range []struct {
		name   string
		write  func() error
		shares bool
	}{
		{"none", func() error { return nil }, false},
		{"another machine's", func() error { return os.WriteFile(path, []byte(`{"version":1}`), 0o666) }, false},
		{"damaged", func() error { return os.WriteFile(path, []byte("{"), 0o666) }, false},
		{"measured", func() error { return measured.Write(path) }, true},
	} {
		if err := test.write(); err != nil {
			t.Fatal(err)
		}
		p, output := testProgram(t)
		f := &generateFlags{modelFlags: modelFlags{model: "tiny", dtype: auto, kernel: auto}, maxBatch: 1}
		f.base = newRequest()
		f.base.text, f.base.MaxTokens = "The cat", 3
		m, err := p.load(t.Context(), f.modelFlags, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.answer(t.Context(), f, m, &traceFile{}, []request{f.base}); err != nil {
			t.Fatal(err)
		}
		text := output()
		if got := strings.Contains(text, "\nprompt ") && strings.Contains(text, "\ndecode "); got != test.shares {
			t.Errorf("%s: shares are in it: %v\n%s", test.name, got, text)
		}
	}
}

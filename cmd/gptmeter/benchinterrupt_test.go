//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Ctrl-C leaves a document of what was finished, and its picture where there is something to draw.
func TestInterruptBench(t *testing.T) {
	for _, load := range []bool{false, true} {
		for _, at := range []int{1, 2, 3, 10, 100} {
			ctx, cancel := context.WithCancel(t.Context())
			p, stdout := testProgram(t)
			f := &benchFlags{model: "tiny", kernel: auto, output: "json", prompts: []int{2}, generates: []int{3}, batches: []int{1}, depths: []int{0},
				dtypes: []string{"f32"}, repetitions: 1 << 20, plot: filepath.Join(t.TempDir(), "picture.svg")}
			f.load, f.duration = load, 1e6
			checkpoint, config, err := p.openModel(t.Context(), f.model)
			if err != nil {
				t.Fatal(err)
			}
			defer checkpoint.Close()
			calls := 0
			setup := f.setup(checkpoint)
			setup.Progress = func(string, float64, float64) {
				if calls++; calls == at {
					cancel()
				}
			}
			if lengths, _ := f.requestLengths(); load {
				err = p.benchLoad(ctx, f, f.newLoad(setup, lengths), config, func() {})
			} else {
				err = p.benchSweep(ctx, f, f.newSweep(setup), config, "svg", func() {})
			}
			if !errors.Is(err, errInterrupted) {
				t.Fatalf("interrupted at %d: %v", at, err)
			}
			var document struct {
				Interrupted    bool
				Results, Loads []any
			}
			if err := json.Unmarshal([]byte(stdout()), &document); err != nil || !document.Interrupted {
				t.Errorf("interrupted at %d: %v, %s", at, err, stdout())
			}
			if n := len(document.Results) + len(document.Loads); at <= 2 && n > 0 || at == 100 && n == 0 {
				t.Errorf("interrupted at %d: %d results", at, n)
			}
			if _, err := os.Stat(f.plot); (err == nil) != (len(document.Results) > 0) {
				t.Errorf("interrupted at %d: %d results, and the picture: %v", at, len(document.Results), err)
			}
		}
	}
}

// The signal itself, to a load without an end.
func TestInterruptLoad(t *testing.T) {
	c := exec.Command("gptmeter", "bench", "--load", "--json", "--model", "tiny", "--duration", "1000000", "--peak-seconds", "0", "--lengths", "/dev/stdin")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	// The pipe takes more than it holds only once it is being read: then the program listens.
	if _, err := stdin.Write([]byte(strings.Repeat("\n", 1<<20) + `{"prompt_tokens": 3, "completion_tokens": 3}`)); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if c.Wait(); c.ProcessState.ExitCode() != exitInterrupted || stderr.String() != "gptmeter: interrupted\n" {
		t.Errorf("%v, stderr %q", c.ProcessState, stderr.String())
	}
	if stdout.Len() > 0 && !json.Valid(stdout.Bytes()) {
		t.Errorf("%s", stdout.Bytes())
	}
}

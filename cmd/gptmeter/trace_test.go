package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/meter"
)

// eventNames are those of a trace's events. The file must be one JSON document.
func eventNames(t *testing.T, path string) (names []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var events []struct{ Name string }
	if err := json.Unmarshal(text, &events); err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		names = append(names, e.Name)
	}
	return names
}

// A trace for which there is no room at all ends the run before it begins.
func TestTraceFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("this system has no /dev/full")
	}
	c := exec.Command("gptmeter", "generate", "--trace", "/dev/full", "--max-tokens", "1", "x")
	text, err := c.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitExhausted {
		t.Fatalf("%v, want exit code %d", err, exitExhausted)
	}
	if want := "gptmeter: write /dev/full: no space left on device\n"; string(exit.Stderr) != want || len(text) > 0 {
		t.Errorf("stdout %q, stderr %q, want %q", text, exit.Stderr, want)
	}
}

// A filling is a file that takes one write and no more.
type filling struct{ written bool }

func (f *filling) Write(b []byte) (int, error) {
	if f.written {
		return 0, &fs.PathError{Op: "write", Path: "t.json", Err: syscall.ENOSPC}
	}
	f.written = true
	return len(b), nil
}

func (f *filling) Truncate(int64) error { return nil }

// Where the disk fills while the trace is written the run goes on, but is no success; its own
// failure comes first.
func TestTraceClose(t *testing.T) {
	for _, test := range []struct {
		full bool
		run  error
		want string
		code int
	}{
		{false, nil, "", exitDone},
		{false, errInterrupted, "interrupted", exitInterrupted},
		{true, nil, "write t.json: no space left on device", exitExhausted},
		{true, errInterrupted, "interrupted, and write t.json: no space left on device", exitInterrupted},
	} {
		path := filepath.Join(t.TempDir(), "t.json")
		trace, err := createTrace(path)
		if err != nil {
			t.Fatal(err)
		}
		if test.full {
			if trace.Trace, err = meter.NewTrace(&filling{}); err != nil {
				t.Fatal(err)
			}
		}
		trace.Step(0, time.Second, 1, 0, 1)
		got, text := trace.close(test.run), ""
		if got != nil {
			text = got.Error()
		}
		if text != test.want || got != nil && exitCode(got) != test.code {
			t.Errorf("%v: %q, exit code %d; want %q, %d", test.run, text, exitCode(got), test.want, test.code)
		}
		if !test.full && !slices.Contains(eventNames(t, path), "step") {
			t.Error("the step is missing")
		}
	}
	none, err := createTrace("")
	if err != nil || none.Trace != nil || none.close(errInterrupted) != errInterrupted {
		t.Errorf("no trace is %v, %v", none, err)
	}
}

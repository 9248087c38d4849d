package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// printing is what each command does with stdout.
var printing = [][]string{
	{"generate", "--max-tokens", "3", "x"},
	{"generate", "--max-tokens", "3", "--json", "x"},
	{"generate", "--max-tokens", "3", "--prompt-file", "-"},
	{"flops", "--prompt", "2", "--generate", "2"},
	{"flops", "--prompt", "2", "--generate", "2", "--json"},
	{"bench", "--model", "tiny", "--prompt", "2", "--generate", "2", "--batch", "1", "--repetitions", "1", "--peak-seconds", "0"},
	{"bench", "--model", "tiny", "--prompt", "2", "--generate", "2", "--load", "--max-requests", "1", "--peak-seconds", "0", "--json"},
	{"tokenize", "x"},
	{"tokenize", "--json", "x"},
	{"tokenize", "--decode", "1"},
	{"info"},
	{"info", "--model", "tiny", "--json"},
	{"version"},
	{"help"},
	{"generate", "--help"},
	{"completion", "bash"},
}

// runTo runs gptmeter with that stdout.
func runTo(t *testing.T, stdout *os.File, args []string) (code int, stderr string) {
	t.Helper()
	c := exec.Command("gptmeter", args...)
	var errors bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(`{"prompt": "x"}`), stdout, &errors
	err := c.Run()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), errors.String()
}

func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("this system has no /dev/full")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, args := range printing {
		code, stderr := runTo(t, full, args)
		if code != exitExhausted || stderr != "gptmeter: write /dev/stdout: no space left on device\n" {
			t.Errorf("%v: exit code %d, %q", args, code, stderr)
		}
	}
}

// A reader that has gone away, as head does, is no error.
func TestReaderGone(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every command that prints")
	}
	for _, args := range printing {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		code, stderr := runTo(t, writer, args)
		writer.Close()
		if code != exitDone || stderr != "" {
			t.Errorf("%v: exit code %d, %q", args, code, stderr)
		}
	}
}

func TestOneLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"plain é 猫 'quoted' \"twice\"", "plain é 猫 'quoted' \"twice\""},
		{"a\nb\r\tc", `a\nb\r\tc`},
		{"\x1b[31mred", `\x1b[31mred`},
		{"\u202eright to left", `\u202eright to left`},
		{"broken \xff", "broken \ufffd"},
	} {
		if got := oneLine(c.text); got != c.want {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
		}
	}
}

func TestExitCodes(t *testing.T) {
	inner := errorWithHint(unusable(errors.New("why")), "inner")
	for _, c := range []struct {
		err  error
		code int
		hint string
	}{
		{errors.New("x"), exitUnexpected, ""},
		{usageError("x"), exitUsage, ""},
		{unusable(&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}), exitUnusable, ""},
		{inner, exitUnusable, "inner"},
		{usageError("place: %w", inner), exitUsage, "inner"},
		{errorWithHint(inner, "outer"), exitUnusable, "outer"},
		{errInterrupted, exitInterrupted, ""},
	} {
		var hinted interface{ Hint() string }
		hint := ""
		if errors.As(c.err, &hinted) {
			hint = hinted.Hint()
		}
		if code := exitCode(c.err); code != c.code || hint != c.hint {
			t.Errorf("%v: exit code %d and hint %q, want %d and %q", c.err, code, hint, c.code, c.hint)
		}
	}
}

package main

// Rules for what goes where:
//
//   - Data goes to stdout, everything else to stderr: notices, progress, the receipt, errors.
//   - Text on stdout ends with a newline; with --json stdout is one JSON document and no more.
//   - A progress bar appears where stderr is a terminal, NO_COLOR is not set and the wait is longer
//     than half a second. There is no colour.
//   - An error is one line, "gptmeter: what failed: why", lower-case and without a period, and at
//     most one line after it says what to do next.
//   - Exit codes are the constants below; the package comment explains them.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"golang.org/x/term"
)

const (
	exitDone        = 0
	exitUnexpected  = 1
	exitUsage       = 2
	exitUnusable    = 3
	exitNetwork     = 4
	exitExhausted   = 5
	exitInterrupted = 130
)

// A failure is an error that knows its exit code and may know the next step.
type failure struct {
	error
	code int
	hint string
}

func (f *failure) Unwrap() error { return f.error }

// Hint is the next step, f's own or that of the error within.
func (f *failure) Hint() string {
	var within interface{ Hint() string }
	if f.hint == "" && errors.As(f.error, &within) {
		return within.Hint()
	}
	return f.hint
}

var errInterrupted = &failure{error: errors.New("interrupted"), code: exitInterrupted}

// usageError is the error for what the command line, or what stands in for it, gets wrong.
func usageError(format string, args ...any) error {
	return &failure{error: fmt.Errorf(format, args...), code: exitUsage}
}

// unusable marks err as a file's fault.
func unusable(err error) error { return &failure{error: err, code: exitUnusable} }

// errorWithHint adds the next step to err.
func errorWithHint(err error, hint string, args ...any) error {
	return &failure{error: err, code: exitCode(err), hint: fmt.Sprintf(hint, args...)}
}

func exitCode(err error) int {
	var f *failure
	switch {
	case errors.Is(err, syscall.EPIPE):
		return exitDone
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG), errors.Is(err, syscall.ENOMEM):
		return exitExhausted
	case errors.As(err, &f):
		return f.code
	}
	return exitUnexpected
}

// fail reports err and returns its exit code.
func (p *program) fail(err error) int {
	code := exitCode(err)
	if code == exitDone {
		return code
	}
	if code == exitInterrupted && isTerminal(p.stderr) {
		fmt.Fprintln(p.stderr) // the terminal's ^C stands behind whatever was there
	}
	p.notice("%v", err)
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		p.notice("hint: %s", hinted.Hint())
	}
	return code
}

// notice prints one line on stderr.
func (p *program) notice(format string, args ...any) {
	fmt.Fprintf(p.stderr, "gptmeter: %s\n", oneLine(fmt.Sprintf(format, args...)))
}

// oneLine escapes what would break a line or steer a terminal: names of files and keys come from
// anywhere.
func oneLine(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// output is stdout. It keeps its first error, so that commands write without checks; a long run
// asks it whether anybody still reads.
type output struct {
	file *os.File
	err  error
}

func (o *output) Write(b []byte) (n int, err error) {
	if o.err == nil {
		n, o.err = o.file.Write(b)
	}
	return n, o.err
}

// document prints v as a JSON document on one line, in one write.
func (o *output) document(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // "<|endoftext|>" stays readable
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := o.Write(b.Bytes())
	return err
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// plainly tells whether to do without what only a terminal can show (https://no-color.org).
func (p *program) plainly() bool {
	return os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !isTerminal(p.stderr)
}

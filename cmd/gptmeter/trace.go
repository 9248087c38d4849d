package main

import (
	"fmt"
	"os"

	"github.com/gptmeter/gptmeter/meter"
)

// A traceFile is what --trace writes; its Trace is nil where nothing is to be written.
type traceFile struct {
	*meter.Trace
	file *os.File
}

// createTrace creates the file, in place of one that is there; path is "" for none.
func createTrace(path string) (*traceFile, error) {
	if path == "" {
		return &traceFile{}, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return nil, unusable(err)
	}
	trace, err := meter.NewTrace(file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return &traceFile{trace, file}, nil
}

// close completes the file after a run that ended with err, which it returns with its own: a full
// disk may come to light only here.
func (t *traceFile) close(err error) error {
	if t.Trace == nil {
		return err
	}
	failed := t.Close()
	if closing := t.file.Close(); failed == nil {
		failed = closing
	}
	if err != nil && failed != nil {
		return fmt.Errorf("%w, and %v", err, failed)
	}
	if err == nil {
		err = failed
	}
	return err
}

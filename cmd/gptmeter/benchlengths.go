package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/gptmeter/gptmeter/benchmarks"
)

// requestLengths are those of --lengths, or every combination of --prompt and --generate.
func (f *benchFlags) requestLengths() (lengths []benchmarks.Length, err error) {
	if f.lengths == "" {
		for _, prompt := range f.prompts {
			for _, generate := range f.generates {
				lengths = append(lengths, benchmarks.Length{Prompt: prompt, Generate: generate})
			}
		}
		return lengths, nil
	}
	file, err := os.Open(f.lengths)
	if err != nil {
		return nil, unusable(err)
	}
	defer file.Close()
	return readLengths(f.lengths, file)
}

// Limits on a file of lengths.
const (
	maxLengthsLine = 1 << 12
	maxLengths     = 1 << 20
)

func readLengths(name string, file io.Reader) (lengths []benchmarks.Length, err error) {
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxLengthsLine)
	number := 0
	for lines.Scan() {
		number++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var n benchmarks.Length
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.DisallowUnknownFields()
		if err := d.Decode(&n); err != nil || d.More() {
			return nil, unusable(fmt.Errorf("%s:%d: not an object of prompt_tokens and completion_tokens", name, number))
		}
		if n.Prompt < 1 || n.Generate < 1 || n.Prompt > maxLength || n.Generate > maxLength {
			return nil, unusable(fmt.Errorf("%s:%d: %d prompt and %d completion tokens, where each is in 1..%d", name, number, n.Prompt, n.Generate, maxLength))
		}
		if len(lengths) == maxLengths {
			return nil, unusable(fmt.Errorf("%s: more than %d requests", name, maxLengths))
		}
		lengths = append(lengths, n)
	}
	if err := lines.Err(); err != nil {
		return nil, unusable(fmt.Errorf("%s:%d: %w", name, number+1, err))
	}
	if len(lengths) == 0 {
		return nil, unusable(fmt.Errorf("%s: no lengths", name))
	}
	return lengths, nil
}

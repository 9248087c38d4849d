package main

import (
	"strings"
	"testing"
)

// FuzzLengths: whatever a file holds, its lengths are in their bounds or there is an error of one
// line that names the file.
func FuzzLengths(f *testing.F) {
	for _, text := range []string{
		`{"prompt_tokens": 5, "completion_tokens": 2}`, "\n\n" + `{"completion_tokens":1,"prompt_tokens":1048576}` + "\n",
		`{"prompt_tokens": 5}`, `{"prompt_tokens": -5, "completion_tokens": 2}`, `{"prompt_tokens": 5, "completion_tokens": 2, "x": 1}`,
		`{"prompt_tokens": 5, "completion_tokens": 2} {}`, `[]`, "null", `{"prompt_tokens": 1e400}`, "\x00", strings.Repeat(" ", maxLengthsLine+1),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lengths, err := readLengths("file", strings.NewReader(text))
		if err != nil {
			if exitCode(err) != exitUnusable || !strings.HasPrefix(err.Error(), "file:") || len(lengths) > 0 {
				t.Errorf("%v with %v", err, lengths)
			}
			return
		}
		for _, n := range lengths {
			if n.Prompt < 1 || n.Prompt > maxLength || n.Generate < 1 || n.Generate > maxLength {
				t.Errorf("%+v", n)
			}
		}
		if len(lengths) == 0 {
			t.Error("no lengths and no error")
		}
	})
}

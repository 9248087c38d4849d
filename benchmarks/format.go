package benchmarks

import (
	"encoding/json"
	"fmt"
	"io"
)

// A Format writes a report.
type Format struct {
	Name  string
	Write func(r *Report, w io.Writer) error
}

// Formats are those that a report can be written in, the first for people.
func Formats() []Format {
	return []Format{
		{"table", (*Report).writeTable},
		{"json", (*Report).writeJSON},
		{"csv", (*Report).writeCSV},
		{"md", (*Report).writeMarkdown},
		{"benchfmt", (*Report).writeBenchfmt},
		{"llama-bench", (*Report).writeLlamaBench},
	}
}

func (r *Report) writeJSON(w io.Writer) error { return writeJSON(w, r) }

// writeJSON writes v on one line.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// number writes x as it is, nothing for what was not measured.
func number(x *float64) string {
	if x == nil {
		return ""
	}
	return fmt.Sprint(*x)
}

func word(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

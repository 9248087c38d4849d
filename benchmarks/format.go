package benchmarks

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
)

// A Format writes a report of one kind.
type Format[R any] struct {
	Name  string
	Write func(r *R, w io.Writer) error
}

// Formats are those that the report of a sweep can be written in, the first for people.
func Formats() []Format[Report] {
	return []Format[Report]{
		{"table", (*Report).writeTable},
		{"json", (*Report).writeJSON},
		{"csv", (*Report).writeCSV},
		{"md", (*Report).writeMarkdown},
		{"benchfmt", (*Report).writeBenchfmt},
		{"llama-bench", (*Report).writeLlamaBench},
	}
}

// LoadFormats are those that the report of loads can be written in, the first for people.
func LoadFormats() []Format[LoadReport] {
	return []Format[LoadReport]{
		{"table", (*LoadReport).writeTable},
		{"json", (*LoadReport).writeJSON},
		{"csv", (*LoadReport).writeCSV},
		{"md", (*LoadReport).writeMarkdown},
	}
}

func (r *Report) writeJSON(w io.Writer) error     { return writeJSON(w, r) }
func (r *LoadReport) writeJSON(w io.Writer) error { return writeJSON(w, r) }

// writeJSON writes v on one line.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// writeCSV writes lines of fields below their names.
func writeCSV(w io.Writer, names []string, lines [][]any) error {
	c := csv.NewWriter(w)
	c.Write(names)
	for _, fields := range lines {
		var line []string
		for _, field := range fields {
			line = append(line, fmt.Sprint(field))
		}
		c.Write(line)
	}
	c.Flush()
	return c.Error()
}

// number writes x as it is, nothing for what was not measured.
func number[T float64 | int | uint64](x *T) string {
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

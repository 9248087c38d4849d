package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
)

// An evalReport says how well a model foretells a text. A pointer is nil, and null in JSON, where
// the number is too large for one.
type evalReport struct {
	Model         string `json:"model"`
	Demonstration bool   `json:"demonstration,omitempty"`
	Context       int    `json:"context"`     // tokens in a window
	Stride        int    `json:"stride"`      // from one window to the next
	TextTokens    int    `json:"text_tokens"` // of the whole text

	Tokens      int      `json:"tokens"`        // that were scored
	Bytes       int      `json:"bytes"`         // of text that they stand for
	NLL         float64  `json:"nll"`           // mean of -ln p over tokens
	NLLSum      float64  `json:"nll_sum"`       // their sum
	Perplexity  *float64 `json:"perplexity"`    // e to NLL
	BitsPerByte *float64 `json:"bits_per_byte"` // NLLSum ÷ ln 2 ÷ Bytes

	Interrupted bool         `json:"interrupted,omitempty"`
	Meter       meter.Report `json:"meter"`
}

// state enters what was found.
func (r *evalReport) state(s engine.Score, m meter.Report) {
	r.Tokens, r.Bytes, r.NLL, r.NLLSum, r.Meter = s.Tokens, s.Bytes, s.MeanNLL(), s.NLL, m
	r.Perplexity, r.BitsPerByte = finite(s.Perplexity()), finite(s.BitsPerByte())
}

// finite is nil for what JSON has no number for.
func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}

// printScore prints the report; without --json what the meter says goes to stderr. unmeasured is
// why energy could not be.
func (p *program) printScore(f *evalFlags, r evalReport, unmeasured error) error {
	if f.json {
		return p.stdout.document(r)
	}
	if err := r.print(p.stdout); err != nil {
		return err
	}
	if r.Interrupted {
		return nil
	}
	printed := receipt{model: r.Model, unmeasured: unmeasured, sum: r.Meter}
	printed.printLegs(p.stderr)
	printed.printMachine(p.stderr)
	fmt.Fprintln(p.stderr)
	return nil
}

func (r *evalReport) print(w io.Writer) error {
	text := func(x *float64, format string) string {
		if x == nil {
			return "beyond numbers"
		}
		return fmt.Sprintf(format, *x)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "perplexity\t%s\n", text(r.Perplexity, "%.4f"))
	fmt.Fprintf(table, "nll\t%.4f nats a token\n", r.NLL)
	fmt.Fprintf(table, "bits per byte\t%s\n", text(r.BitsPerByte, "%.4f"))
	fmt.Fprintf(table, "scored\t%s of %s tokens, %s bytes\n", grouped(int64(r.Tokens)), grouped(int64(r.TextTokens)), grouped(int64(r.Bytes)))
	fmt.Fprintf(table, "windows\t%d tokens, %d apart\n", r.Context, r.Stride)
	return table.Flush()
}

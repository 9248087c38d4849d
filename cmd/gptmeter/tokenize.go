package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/spf13/cobra"
)

// tokenizeFlags are the flags of tokenize.
type tokenizeFlags struct {
	model  string
	decode []int // nil: encode
	json   bool
}

func (p *program) tokenize() *cobra.Command {
	f := &tokenizeFlags{}
	c := &cobra.Command{
		Use:   "tokenize [flags] [TEXT]",
		Short: "Turn text into token ids, or back",
		Long: `Print the ids and tokens of TEXT, or of what stdin holds, byte for byte, if TEXT is - or missing.
Tokens are in the vocabulary's own spelling, where Ġ is a space and Ċ a newline. Special tokens
that the text spells out are recognised, and none are added. No weights are needed.`,
		Example: `  gptmeter tokenize "Once upon a time"
  gptmeter tokenize --json < story.txt
  gptmeter tokenize --decode 425,450,259,402`,
		Args:    arguments(1, "TEXT"),
		PreRunE: settle,
		RunE: func(c *cobra.Command, args []string) error {
			text := ""
			if f.decode == nil {
				var err error
				if text, err = interruptible(c.Context(), func() (string, error) { return p.text(args, "TEXT") }); err != nil {
					return err
				}
			} else if len(args) > 0 {
				return usageError("both TEXT and --decode are given")
			}
			t, err := p.openModelTokenizer(c.Context(), f.model)
			if err != nil {
				return err
			}
			if f.decode != nil {
				return p.decode(f, t)
			}
			return p.encode(f, t, text)
		},
	}
	modelFlag(c, &f.model, "tiny")
	c.Flags().Var(ids{&f.decode}, "decode", "turn `IDS`, such as 1,2,3, into text instead")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	configFlag(c)
	return c
}

func (p *program) encode(f *tokenizeFlags, t tokenizer.Tokenizer, text string) error {
	out := struct {
		IDs    []int    `json:"ids"`
		Tokens []string `json:"tokens"` // in the vocabulary's spelling
		Count  int      `json:"count"`
	}{IDs: append([]int{}, t.Encode(text)...), Tokens: []string{}}
	for _, id := range out.IDs {
		out.Tokens = append(out.Tokens, t.Token(id))
	}
	out.Count = len(out.IDs)
	if f.json {
		return p.stdout.document(out)
	}
	var b strings.Builder
	for i, id := range out.IDs {
		fmt.Fprintf(&b, "%d\t%s\n", id, oneLine(out.Tokens[i]))
	}
	_, err := io.WriteString(p.stdout, b.String())
	return err
}

func (p *program) decode(f *tokenizeFlags, t tokenizer.Tokenizer) error {
	for _, id := range f.decode {
		if id < 0 || id >= t.Size() || t.Bytes(id) == nil {
			return usageError("id %d stands for nothing in the vocabulary of %s", id, f.model)
		}
	}
	text := t.Decode(f.decode)
	if f.json {
		return p.stdout.document(struct {
			Text string `json:"text"`
		}{text})
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err := io.WriteString(p.stdout, text)
	return err
}

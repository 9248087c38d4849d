package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gptmeter/gptmeter/weights"
	"github.com/gptmeter/gptmeter/weights/hub"
	"github.com/spf13/cobra"
)

// pullFlags are the flags of pull.
type pullFlags struct {
	revision string
	json     bool
}

func (p *program) pull() *cobra.Command {
	f := &pullFlags{}
	c := &cobra.Command{
		Use:   "pull [flags] MODEL",
		Short: "Fetch a model from the hub into the cache",
		Long: `Ask the Hugging Face hub what MODEL is now, and bring its configuration, tokenizer and weights into
the cache that transformers and others use too. Every file is checked against the hub's hash, those
that are there as well; what was cut short is continued. Other commands fetch a model that they do
not find in the cache, and ask nobody about one that they do.`,
		Example: `  gptmeter pull gpt2
  gptmeter pull openai-community/gpt2-xl@main
  gptmeter pull distilgpt2 --revision 2290a62682d06624634c1f46a6ad5be0f47f38aa --json`,
		Args:    oneModel,
		PreRunE: settle,
		RunE:    func(c *cobra.Command, args []string) error { return p.runPull(c.Context(), f, args[0]) },
	}
	c.Flags().StringVar(&f.revision, "revision", "", "a branch, tag or commit `REVISION` (default: main)")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	configFlag(c)
	return c
}

// oneModel accepts the name of one model.
func oneModel(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errorWithHint(usageError("no model is named"), "%s gpt2 names one", c.CommandPath())
	}
	if len(args) > 1 {
		return usageError("unexpected argument %q", args[1])
	}
	return nil
}

// pulledModel is what pull reports.
type pulledModel struct {
	Model    string       `json:"model"`
	Revision string       `json:"revision"` // as it was asked for
	Commit   string       `json:"commit"`
	Path     string       `json:"path"` // of the snapshot
	Bytes    int64        `json:"bytes"`
	Fetched  int64        `json:"fetched_bytes"` // of files that were not there
	Seconds  float64      `json:"seconds"`
	Files    []pulledFile `json:"files"`
}

type pulledFile struct {
	File    string `json:"file"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256,omitempty"`   // of large files
	GitSHA1 string `json:"git_sha1,omitempty"` // of the others, as git hashes a blob
	Fetched bool   `json:"fetched"`
}

func (p *program) runPull(ctx context.Context, f *pullFlags, model string) error {
	name, err := hub.ParseName(model)
	if err == nil && f.revision != "" {
		if strings.Contains(model, "@") {
			return usageError("%s names a revision and --revision another", model)
		}
		name, err = hub.ParseName(name.Repo + "@" + f.revision)
	}
	if err != nil {
		return errorWithHint(usageError("%w", err), "a model of the hub is name or org/name, such as gpt2 or openai-community/gpt2@main")
	}
	start := time.Now()
	source, finish := p.source()
	pulled, err := source.Pull(ctx, name)
	finish()
	if err != nil {
		return modelError(ctx, err)
	}
	m := newPulledModel(name, pulled)
	m.Seconds = time.Since(start).Seconds()
	if f.json {
		return p.stdout.document(m)
	}
	return m.print(p.stdout)
}

func newPulledModel(name hub.Name, pulled *weights.Pulled) *pulledModel {
	m := &pulledModel{Model: name.Repo, Revision: name.Revision, Commit: pulled.Snapshot.Commit, Path: pulled.Snapshot.Folder}
	for _, e := range pulled.Files {
		file := pulledFile{File: e.File, Bytes: e.Size, Fetched: slices.Contains(pulled.Fetched, e.File)}
		if e.SHA256() {
			file.SHA256 = e.Hash
		} else {
			file.GitSHA1 = e.Hash
		}
		m.Files = append(m.Files, file)
		m.Bytes += e.Size
		if file.Fetched {
			m.Fetched += e.Size
		}
	}
	return m
}

func (m *pulledModel) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range m.Files {
		state := "there, and its hash right"
		if f.Fetched {
			state = "fetched"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", oneLine(f.File), bytesText(f.Bytes), state)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s, commit %s, %s in %s\n", m.Model, m.Commit, bytesText(m.Bytes), oneLine(m.Path))
	return err
}

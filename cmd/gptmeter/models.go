package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gptmeter/gptmeter/weights/hub"
	"github.com/spf13/cobra"
)

func (p *program) models() *cobra.Command {
	var json bool
	c := &cobra.Command{
		Use:   "models [flags]",
		Short: "List the models in the cache, or remove one",
		Long: `List the models in the Hugging Face cache, whoever has fetched them: their commits with the
branches and tags that stood for them, sizes, and when they were last read.`,
		Example: `  gptmeter models
  gptmeter models --json
  gptmeter models remove gpt2
  gptmeter models remove gpt2@refs/pr/8`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args)
			}
			return nil
		},
		PreRunE: settle,
		RunE:    func(*cobra.Command, []string) error { return p.listModels(json) },
	}
	c.Flags().BoolVar(&json, "json", false, "print one JSON document")
	configFlag(c)
	c.AddCommand(p.removeModel())
	return c
}

func (p *program) removeModel() *cobra.Command {
	var json bool
	c := &cobra.Command{
		Use:   "remove [flags] MODEL[@REVISION]",
		Short: "Remove a model, or one revision of it, from the cache",
		Long: `Remove a model from the cache, or of a model with @REVISION the commit that the branch or tag
stands for; files that other revisions need stay. Nothing is asked before.`,
		Example: `  gptmeter models remove gpt2
  gptmeter models remove openai-community/gpt2@main`,
		Args:    oneModel,
		PreRunE: settle,
		RunE:    func(_ *cobra.Command, args []string) error { return p.runRemove(args[0], json) },
	}
	c.Flags().BoolVar(&json, "json", false, "print one JSON document")
	configFlag(c)
	return c
}

// cacheList is what models reports.
type cacheList struct {
	Cache  string        `json:"cache"`
	Bytes  int64         `json:"bytes"`
	Models []cachedModel `json:"models"`
}

type cachedModel struct {
	Model      string           `json:"model"`
	Bytes      int64            `json:"bytes"`            // what revisions share counts once
	Incomplete int64            `json:"incomplete_bytes"` // of those, in files that are not whole
	LastUsed   *time.Time       `json:"last_used"`        // null where nothing was fetched whole
	Revisions  []cachedRevision `json:"revisions"`
}

type cachedRevision struct {
	Commit   string       `json:"commit"`
	Refs     []string     `json:"refs"`
	Path     string       `json:"path"`
	Bytes    int64        `json:"bytes"`
	LastUsed *time.Time   `json:"last_used"`
	Files    []cachedFile `json:"files"`
}

type cachedFile struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

func (p *program) listModels(json bool) error {
	settings, err := hub.Environment()
	if err != nil {
		return usageError("%w", err)
	}
	found, err := hub.List(settings.Cache)
	if err != nil {
		return unusable(err)
	}
	list := cacheList{Cache: settings.Cache, Models: []cachedModel{}}
	for _, m := range found {
		model := cachedModel{m.Repo, m.Bytes, m.Incomplete, orNull(m.LastUsed), []cachedRevision{}}
		for _, r := range m.Revisions {
			revision := cachedRevision{r.Commit, append([]string{}, r.Refs...), r.Folder, r.Bytes, orNull(r.LastUsed), []cachedFile{}}
			for _, f := range r.Files {
				revision.Files = append(revision.Files, cachedFile{f.File, f.Bytes})
			}
			model.Revisions = append(model.Revisions, revision)
		}
		list.Models = append(list.Models, model)
		list.Bytes += m.Bytes
	}
	if json {
		return p.stdout.document(list)
	}
	return p.printModels(list)
}

// orNull is a time in whole seconds, as far as anybody needs to know it.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.Truncate(time.Second).UTC()
	return &t
}

func (p *program) printModels(list cacheList) error {
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, m := range list.Models {
		used := "never"
		if m.LastUsed != nil {
			used = m.LastUsed.Local().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(table, "%s\t%s\tlast used %s\n", m.Model, bytesText(m.Bytes), used)
		for _, r := range m.Revisions {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", r.Commit[:12], bytesText(r.Bytes), oneLine(strings.Join(r.Refs, ", ")))
		}
		if m.Incomplete > 0 {
			fmt.Fprintf(table, "  not whole yet\t%s\t\n", bytesText(m.Incomplete))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "%s in %s\n", bytesText(list.Bytes), oneLine(list.Cache))
	return err
}

// removed is what models remove reports.
type removed struct {
	Model   string   `json:"model"`
	Commits []string `json:"commits"`
	Freed   int64    `json:"freed_bytes"`
}

func (p *program) runRemove(model string, json bool) error {
	name, err := hub.ParseName(model)
	if err != nil {
		return usageError("%w", err)
	}
	settings, err := hub.Environment()
	if err != nil {
		return usageError("%w", err)
	}
	commits, freed, err := hub.Remove(settings.Cache, name, strings.Contains(model, "@"))
	switch {
	case errors.Is(err, hub.ErrNotCached):
		return errorWithHint(unusable(err), "gptmeter models lists what is there")
	case errors.Is(err, hub.ErrDisk):
		return &failure{error: err, code: exitExhausted}
	case err != nil:
		return err
	}
	if json {
		return p.stdout.document(removed{name.Repo, append([]string{}, commits...), freed})
	}
	_, err = fmt.Fprintf(p.stdout, "%s: removed, %s freed\n", model, bytesText(freed))
	return err
}

package main

import (
	"github.com/spf13/cobra"
)

// infoFlags are the flags of info.
type infoFlags struct {
	model   string
	tensors bool
	hash    bool
	json    bool
}

func (p *program) info() *cobra.Command {
	f := &infoFlags{}
	c := &cobra.Command{
		Use:   "info [flags]",
		Short: "Describe a model, or this machine",
		Long: `Describe the model that --model names, without loading its weights; without --model, this
machine as far as it matters here.`,
		Example: `  gptmeter info
  gptmeter info --model ./gpt2 --tensors
  gptmeter info --model gpt2.gguf --hash
  gptmeter info --model synthetic:gpt2-xl --json`,
		Args:    arguments(0, ""),
		PreRunE: settle,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case f.model != "":
				return p.modelInfo(c.Context(), f)
			case f.tensors:
				return usageError("--tensors needs --model")
			case f.hash:
				return usageError("--hash needs --model")
			}
			return p.machineInfo(f)
		},
	}
	modelFlag(c, &f.model, "")
	c.Flags().BoolVar(&f.tensors, "tensors", false, "list the model's tensors too")
	c.Flags().BoolVar(&f.hash, "hash", false, "read the model's files and print their SHA-256")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	configFlag(c)
	return c
}

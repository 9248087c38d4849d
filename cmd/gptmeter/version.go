package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/gptmeter/gptmeter/tensor"
	"github.com/spf13/cobra"
)

// A build says what this binary is. The revision is nil where it was built outside a checkout.
type build struct {
	Version  string   `json:"version"`
	Revision *string  `json:"revision"`
	Modified *bool    `json:"modified"` // the checkout had changes
	Go       string   `json:"go"`
	OS       string   `json:"os"`
	Arch     string   `json:"arch"`
	Kernels  []string `json:"kernels"` // that this processor can run, the fastest first
}

func readBuild() build {
	b := build{Version: "(unknown)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Kernels: tensor.Kernels()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = &s.Value
		case "vcs.modified":
			modified := s.Value == "true"
			b.Modified = &modified
		}
	}
	return b
}

func (p *program) version() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:     "version",
		Short:   "Say which build this is",
		Args:    arguments(0, ""),
		PreRunE: settle,
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			if asJSON {
				return p.stdout.document(b)
			}
			_, err := fmt.Fprintf(p.stdout, "gptmeter %s\n%s %s/%s, kernels %s\n", b.Version, b.Go, b.OS, b.Arch, strings.Join(b.Kernels, ", "))
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	configFlag(c)
	return c
}

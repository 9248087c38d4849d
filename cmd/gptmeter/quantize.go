package main

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
	"github.com/spf13/cobra"
)

// quantizeFlags are the flags of quantize.
type quantizeFlags struct {
	dtype string
	force bool
	json  bool
}

func (p *program) quantize() *cobra.Command {
	f := &quantizeFlags{}
	c := &cobra.Command{
		Use:   "quantize [flags] MODEL OUT",
		Short: "Write a model as it is held in memory, to be mapped",
		Long: `Write MODEL, any that --model takes elsewhere, with its matrices packed as --dtype says and as
gptmeter multiplies with them. Such a file is used where it lies: nothing is read or converted first,
and processes share the memory. It has the same bytes on whatever machine it is written.

OUT is a folder laid out as on the Hugging Face hub, or a .safetensors file that has configuration and
tokenizer inside. Either all of OUT is written or nothing, and what is there is replaced with --force
alone.`,
		Example: `  gptmeter quantize gpt2 ./gpt2-int8
  gptmeter quantize --dtype int4 ./gpt2 gpt2-int4.safetensors
  gptmeter generate --model gpt2-int4.safetensors "The AI is"`,
		Args:    inAndOut,
		PreRunE: settle,
		RunE: func(c *cobra.Command, args []string) error {
			return p.runQuantize(c.Context(), f, args[0], args[1])
		},
	}
	var dtypes []string
	for _, d := range tensor.DTypes() {
		dtypes = append(dtypes, d.String())
	}
	choice(c, &f.dtype, "dtype", dtypes, "how matrices are packed")
	f.dtype = tensor.Int8.String()
	c.Flags().Lookup("dtype").DefValue = f.dtype
	c.Flags().BoolVar(&f.force, "force", false, "replace what is there")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	configFlag(c)
	return c
}

// quantized is what quantize reports.
type quantized struct {
	From       string      `json:"from"`
	To         string      `json:"to"`
	DType      string      `json:"dtype"`
	Packing    string      `json:"packing"` // the layout and its version
	Parameters int64       `json:"parameters"`
	Bytes      int64       `json:"bytes"` // of all files
	Seconds    float64     `json:"seconds"`
	Files      []modelFile `json:"files"`
}

func (p *program) runQuantize(ctx context.Context, f *quantizeFlags, in, out string) error {
	start := time.Now()
	checkpoint, config, err := p.openModel(ctx, in)
	if err != nil {
		return err
	}
	defer checkpoint.Close()
	dtype, err := heldAs(f.dtype, checkpoint)
	if err != nil {
		return err
	}
	if err := checkApart(checkpoint, out); err != nil {
		return err
	}
	s := &quantization{to: out, staging: weights.Staging{Force: f.force}}
	defer s.staging.Discard()
	to, err := s.create(checkpoint) // before the work: OUT may be there, or the disk not be written to
	if err != nil {
		return convertError(ctx, err)
	}
	m, err := interruptible(ctx, func() (*loaded, error) {
		return p.loadWeights(modelFlags{model: in, dtype: f.dtype, kernel: auto}, checkpoint, config)
	})
	if err != nil {
		return err
	}
	m.model.Visit(s.AddWeight, s.AddNumbers)
	var finish func()
	s.Progress, finish = p.progress("writing " + out)
	err = s.Packer.Write(ctx, to)
	finish()
	if err == nil {
		err = checkpoint.Check()
	}
	if err == nil {
		err = s.staging.Commit()
	}
	if err != nil {
		return convertError(ctx, err)
	}
	r := quantized{From: in, To: out, DType: dtype.String(), Packing: tensor.Packing{DType: dtype}.Name(), Parameters: config.Parameters()}
	if r.Files, r.Bytes, err = writtenFiles(s.paths); err != nil {
		return err
	}
	r.Seconds = time.Since(start).Seconds()
	if f.json {
		return p.stdout.document(r)
	}
	return r.print(p.stdout)
}

// A quantization is one run of quantize.
type quantization struct {
	weights.Packer
	staging weights.Staging
	to      string
	paths   []string
}

// checkApart refuses to write over the model's own weights: those that are lost do not come back.
func checkApart(c *weights.Checkpoint, out string) error {
	for _, path := range []string{out, filepath.Join(out, "model.safetensors")} {
		to, err := os.Stat(path)
		if err != nil {
			continue
		}
		for _, f := range c.Files() {
			if from, err := os.Stat(f.Path); err == nil && os.SameFile(from, to) {
				return usageError("%s: is what it would be made of", path)
			}
		}
	}
	return nil
}

// create begins the file of the weights, and puts configuration and tokenizer beside or into it.
func (s *quantization) create(c *weights.Checkpoint) (io.Writer, error) {
	files, err := c.Beside()
	if err != nil {
		return nil, err
	}
	files["config.json"] = c.Config()
	names := slices.Sorted(maps.Keys(files))
	if filepath.Ext(s.to) == ".safetensors" {
		for _, name := range names {
			if err := s.AddFile(name, files[name]); err != nil {
				return nil, err
			}
		}
		s.paths = []string{s.to}
		return s.staging.Create(s.to)
	}
	if extension := filepath.Ext(s.to); extension == ".gguf" || extension == ".bin" {
		return nil, usageError("%s: quantize writes a folder or a .safetensors file", s.to)
	}
	s.paths = []string{filepath.Join(s.to, "model.safetensors")}
	to, err := s.staging.Create(s.paths[0])
	for _, name := range names {
		if err == nil {
			path := filepath.Join(s.to, name)
			s.paths = append(s.paths, path)
			err = s.staging.Write(path, files[name])
		}
	}
	return to, err
}

func (r *quantized) print(w io.Writer) error {
	return printWritten(w, r.Files, "%d parameters in %s, packed as %s, written in %.1f s", r.Parameters, r.DType, r.Packing, r.Seconds)
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/gptmeter/gptmeter/weights"
	"github.com/spf13/cobra"
)

// convertFlags are the flags of convert.
type convertFlags struct {
	dtype string
	force bool
	json  bool
}

func (p *program) convert() *cobra.Command {
	f := &convertFlags{}
	c := &cobra.Command{
		Use:   "convert [flags] IN OUT",
		Short: "Write a model in another format: safetensors or GGUF",
		Long: `Write the model IN, any that --model takes elsewhere, in the format that OUT's name asks for: a
.gguf file as llama.cpp reads it, with configuration and tokenizer inside; a .safetensors file with
both beside it; or else a folder laid out as on the Hugging Face hub. Either all of OUT is written or
nothing, and what is there is replaced with --force alone.

Numbers stay as they are stored, unless --dtype asks for others; quantised ones become f32. In GGUF
vectors and positions are f32 always, for so llama.cpp needs them.`,
		Example: `  gptmeter convert ./gpt2 gpt2.gguf
  gptmeter convert --dtype bf16 gpt2-q8_0.gguf ./gpt2
  gptmeter convert pytorch_model.bin model.safetensors`,
		Args:    inAndOut,
		PreRunE: settle,
		RunE: func(c *cobra.Command, args []string) error {
			return p.runConvert(c.Context(), f, args[0], args[1])
		},
	}
	choice(c, &f.dtype, "dtype", []string{auto, "f32", "f16", "bf16"}, "what matrices are written in")
	c.Flags().BoolVar(&f.force, "force", false, "replace what is there")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	configFlag(c)
	return c
}

// inAndOut accepts two arguments.
func inAndOut(c *cobra.Command, args []string) error {
	switch len(args) {
	case 2:
		return nil
	case 0, 1:
		example, _, _ := strings.Cut(strings.TrimSpace(c.Example), "\n")
		return errorWithHint(usageError("a model and where to write it are not both given"), "%s names both", example)
	}
	return usageError("unexpected argument %q", args[2])
}

// converted is what convert reports.
type converted struct {
	From       string      `json:"from"`
	To         string      `json:"to"`
	Format     string      `json:"format"`
	Tensors    int         `json:"tensors"`
	Parameters int64       `json:"parameters"`
	DTypes     []string    `json:"dtypes"` // as written
	Bytes      int64       `json:"bytes"`  // of all files
	Seconds    float64     `json:"seconds"`
	Files      []modelFile `json:"files"`
}

// A conversion is one run of convert.
type conversion struct {
	export  weights.Export
	config  model.Config
	staging weights.Staging
	to      string
	paths   []string // in the order in which they are put in place
}

func (p *program) runConvert(ctx context.Context, f *convertFlags, in, out string) error {
	start := time.Now()
	checkpoint, config, err := p.openModel(ctx, in)
	if err != nil {
		return err
	}
	defer checkpoint.Close()
	c := &conversion{config: config, to: out, staging: weights.Staging{Force: f.force}, export: newExport(checkpoint, config, f.dtype)}
	defer c.staging.Discard()
	progress, finish := p.progress("writing " + out)
	c.export.Progress = progress
	err = c.write(ctx)
	finish()
	if err == nil {
		err = checkpoint.Check()
	}
	if err == nil {
		err = c.staging.Commit()
	}
	if err != nil {
		return convertError(ctx, err)
	}
	if len(config.EndOfText) > 1 && c.format() == "gguf" {
		p.notice("%s: the model ends texts with any of %v, and GGUF keeps the first", out, config.EndOfText)
	}
	r, err := c.report(in)
	if err != nil {
		return err
	}
	r.Seconds = time.Since(start).Seconds()
	if f.json {
		return p.stdout.document(r)
	}
	return r.print(p.stdout)
}

func convertError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case errors.Is(err, weights.ErrExists):
		return errorWithHint(usageError("%w", err), "--force replaces it")
	case exitCode(err) != exitUnexpected:
		return err
	}
	return unusable(err)
}

func newExport(c *weights.Checkpoint, m model.Config, dtype string) weights.Export {
	e := weights.Export{
		From: c, Layers: m.Layers, Heads: m.Heads, Width: m.Width, Inner: m.Inner, Positions: m.Positions, Vocabulary: m.Vocabulary,
		Epsilon: m.Epsilon, Begin: m.Begin, End: -1, Tied: m.Tied,
	}
	if dtype != auto {
		e.DType = strings.ToUpper(dtype)
	}
	if len(m.EndOfText) > 0 {
		e.End = m.EndOfText[0]
	}
	return e
}

func (c *conversion) format() string {
	if filepath.Ext(c.to) == ".gguf" {
		return "gguf"
	}
	return "safetensors"
}

func (c *conversion) write(ctx context.Context) error {
	if c.format() == "gguf" {
		return c.writeGGUF(ctx)
	}
	return c.writeSafetensors(ctx)
}

// writeGGUF refuses what llama.cpp's gpt2 would compute otherwise.
func (c *conversion) writeGGUF(ctx context.Context) error {
	switch {
	case c.config.Activation != tensor.GELUTanh:
		return fmt.Errorf("config.json: activation_function is %s, and llama.cpp has gelu_new alone", c.config.ActivationName)
	case !c.config.ScaleByHead:
		return errors.New("config.json: scale_attn_weights is false, and llama.cpp scales always")
	case c.config.ScaleByLayer:
		return errors.New("config.json: scale_attn_by_inverse_layer_idx is true, and llama.cpp does not know that")
	}
	words, err := c.words()
	if err != nil {
		return err
	}
	return c.file(c.to, func(w io.Writer) error { return c.export.WriteGGUF(ctx, w, words) })
}

// words is the tokenizer, nil where there is none.
func (c *conversion) words() (*weights.Words, error) {
	folder := c.export.From.Tokenizer()
	if folder == nil {
		return nil, nil
	}
	w, err := tokenizer.ReadWords(folder)
	if errors.Is(err, tokenizer.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(w.Tokens) > c.config.Vocabulary {
		return nil, fmt.Errorf("the tokenizer has ids up to %d and the model a vocabulary of %d", len(w.Tokens)-1, c.config.Vocabulary)
	}
	return (*weights.Words)(w), nil
}

// writeSafetensors writes the weights, and what stands beside them: configuration and tokenizer.
func (c *conversion) writeSafetensors(ctx context.Context) error {
	folder, file := c.to, filepath.Join(c.to, "model.safetensors")
	if filepath.Ext(c.to) == ".safetensors" {
		folder, file = filepath.Dir(c.to), c.to
	}
	if err := c.file(file, func(w io.Writer) error { return c.export.WriteSafetensors(ctx, w) }); err != nil {
		return err
	}
	beside, err := c.export.From.Beside()
	if err != nil {
		return err
	}
	if beside["config.json"], err = c.configuration(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(beside)) {
		path := filepath.Join(folder, name)
		if err := c.staging.Write(path, beside[name]); err != nil {
			return err
		}
		c.paths = append(c.paths, path)
	}
	return nil
}

// configuration is the model's config.json. A head of its own that older programs would tie, since
// nothing forbids it, is said to be one.
func (c *conversion) configuration() ([]byte, error) {
	text := c.export.From.Config()
	own := slices.ContainsFunc(c.export.Written, func(t weights.TensorInfo) bool { return t.Name == "lm_head.weight" })
	if own && c.config.Tied {
		var keys map[string]json.RawMessage
		err := json.Unmarshal(text, &keys)
		if err == nil {
			keys["tie_word_embeddings"] = json.RawMessage("false")
			text, err = json.Marshal(keys)
		}
		if err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	err := json.Indent(&b, text, "", "  ")
	b.WriteByte('\n')
	return b.Bytes(), err
}

func (c *conversion) file(path string, write func(io.Writer) error) error {
	f, err := c.staging.Create(path)
	if err != nil {
		return err
	}
	c.paths = append(c.paths, path)
	return write(f)
}

func (c *conversion) report(from string) (*converted, error) {
	r := &converted{From: from, To: c.to, Format: c.format(), Tensors: len(c.export.Written)}
	for _, t := range c.export.Written {
		n := int64(1)
		for _, d := range t.Shape {
			n *= int64(d)
		}
		r.Parameters += n
		if !slices.Contains(r.DTypes, t.DType) {
			r.DTypes = append(r.DTypes, t.DType)
		}
	}
	slices.Sort(r.DTypes)
	var err error
	r.Files, r.Bytes, err = writtenFiles(c.paths)
	return r, err
}

// writtenFiles are files that were written, and how many bytes they are together.
func writtenFiles(paths []string) (files []modelFile, all int64, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, 0, unusable(err)
		}
		files = append(files, modelFile{Path: path, Bytes: info.Size()})
		all += info.Size()
	}
	return files, all, nil
}

// printWritten prints files that were written, and then what they are.
func printWritten(w io.Writer, files []modelFile, format string, args ...any) error {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "%s, %s\n", oneLine(f.Path), bytesText(f.Bytes))
	}
	fmt.Fprintf(&b, format+"\n", args...)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *converted) print(w io.Writer) error {
	return printWritten(w, r.Files, "%d parameters in %s, written in %.1f s", r.Parameters, strings.Join(r.DTypes, ", "), r.Seconds)
}

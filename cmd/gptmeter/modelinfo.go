package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gptmeter/gptmeter/weights"
)

// A modelInfo is a model as its files describe it.
type modelInfo struct {
	Name           string          `json:"name"`
	Demonstration  bool            `json:"demonstration"`
	Synthetic      bool            `json:"synthetic"`
	Format         string          `json:"format"` // of the weights: safetensors, torch, gguf; null where there is no file
	Architecture   string          `json:"architecture"`
	Layers         int             `json:"layers"`
	Heads          int             `json:"heads"`
	Width          int             `json:"width"`
	Inner          int             `json:"inner"` // width of the feed-forward layer
	Context        int             `json:"context"`
	Vocabulary     int             `json:"vocabulary"`
	Activation     string          `json:"activation"`
	TiedEmbeddings bool            `json:"tied_embeddings"`
	EndOfText      []int           `json:"end_of_text_ids"`
	Parameters     int64           `json:"parameters"`
	DTypes         []string        `json:"dtypes"`            // of the tensors as stored
	Packing        string          `json:"packing,omitempty"` // the layout and its version of packed matrices
	TensorBytes    int64           `json:"tensor_bytes"`      // as stored
	Held           []heldWeights   `json:"held"`              // in memory, by --dtype
	Costs          []tokenCost     `json:"costs"`             // of a token, by the context that it ends
	Files          []modelFile     `json:"files"`
	Tokenizer      *modelTokenizer `json:"tokenizer"` // null where there is none
	Tensors        []modelTensor   `json:"tensors,omitempty"`
}

type heldWeights struct {
	DType string `json:"dtype"`
	Bytes int64  `json:"bytes"`
}

type modelFile struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256,omitempty"` // with --hash, or where the hub's cache has it under its hash
}

type modelTokenizer struct {
	Size   int    `json:"size"`   // one more than the largest id
	Source string `json:"source"` // files, metadata (of the file), or built-in (GPT-2's own)
}

type modelTensor struct {
	Name    string `json:"name"`
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Bytes   int64  `json:"bytes"`
	Packing string `json:"packing,omitempty"`
}

func (p *program) modelInfo(ctx context.Context, f *infoFlags) error {
	checkpoint, c, err := p.openModel(ctx, f.model)
	if err != nil {
		return err
	}
	defer checkpoint.Close()
	t, err := openTokenizer(f.model, checkpoint.Tokenizer())
	if err != nil {
		return err
	}
	m := modelInfo{
		Name: checkpoint.Name(), Demonstration: checkpoint.Demonstration(), Synthetic: checkpoint.Synthetic(),
		Format: formatOf(checkpoint), Architecture: "gpt2", Layers: c.Layers, Heads: c.Heads, Width: c.Width, Inner: c.Inner,
		Context: c.Positions, Vocabulary: c.Vocabulary, Activation: c.ActivationName,
		TiedEmbeddings: c.Tied, EndOfText: append([]int{}, c.EndOfText...), Parameters: c.Parameters(),
		Files: []modelFile{},
	}
	if t != nil {
		m.Tokenizer = &modelTokenizer{t.Size(), tokenizerSource(checkpoint)}
	}
	for _, file := range checkpoint.Files() {
		m.Files = append(m.Files, modelFile{file.Path, file.Bytes, file.SHA256()})
	}
	if f.hash {
		if err := p.hash(ctx, &m, checkpoint); err != nil {
			return err
		}
	}
	m.addTensors(checkpoint, f.tensors)
	for _, d := range formatsOf(checkpoint) {
		m.Held = append(m.Held, heldWeights{d.String(), c.WeightBytes(d)})
	}
	m.Costs = tokenCosts(c, formatsOf(checkpoint))
	if f.json {
		return p.stdout.document(map[string]modelInfo{"model": m})
	}
	return m.print(p.stdout)
}

func (m *modelInfo) addTensors(checkpoint *weights.Checkpoint, list bool) {
	for _, t := range checkpoint.Tensors() {
		m.TensorBytes += t.Bytes
		if !slices.Contains(m.DTypes, t.DType) {
			m.DTypes = append(m.DTypes, t.DType)
		}
		if t.Packing != "" {
			m.Packing = t.Packing
		}
		if list {
			m.Tensors = append(m.Tensors, modelTensor(t))
		}
	}
	slices.Sort(m.DTypes)
}

func (m *modelInfo) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(table, name+"\t"+format+"\n", args...) }
	note := ""
	if m.Demonstration {
		note = " (a small model for demonstration)"
	} else if m.Synthetic {
		note = " (random weights)"
	}
	row("model", "%s%s", m.Name, note)
	row("architecture", "%s, %s", m.Architecture, m.Activation)
	row("shape", "%d layers, %d heads, width %d, inner %d", m.Layers, m.Heads, m.Width, m.Inner)
	row("context", "%d tokens", m.Context)
	row("vocabulary", "%d tokens", m.Vocabulary)
	row("parameters", "%d", m.Parameters)
	packed := ""
	if m.Packing != "" {
		packed = ", packed as " + m.Packing
	}
	row("weights", "%s in %s%s", bytesText(m.TensorBytes), strings.Join(m.DTypes, ", "), packed)
	for _, h := range m.Held {
		row("in memory", "%s as %s", bytesText(h.Bytes), h.DType)
	}
	for _, c := range m.Costs {
		needs := []string{}
		for _, n := range c.Needs {
			needs = append(needs, bytesText(n.Bytes)+" as "+n.DType)
		}
		row(fmt.Sprintf("at %d", c.Context), "%s a token; in memory %s", siText(float64(c.ProductFlops), "FLOP"), strings.Join(needs, ", "))
	}
	if m.Tokenizer != nil {
		row("tokenizer", "%d tokens, %s", m.Tokenizer.Size, sourceText[m.Tokenizer.Source])
	} else {
		row("tokenizer", "none")
	}
	for _, file := range m.Files {
		hash := ""
		if file.SHA256 != "" {
			hash = ", SHA-256 " + file.SHA256
		}
		row("file", "%s, %s%s", oneLine(file.Path), bytesText(file.Bytes), hash)
	}
	for _, t := range m.Tensors {
		row("tensor", "%s\t%s\t%v", oneLine(t.Name), t.DType, t.Shape)
	}
	return table.Flush()
}

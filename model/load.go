package model

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"slices"

	"github.com/gptmeter/gptmeter/tensor"
)

// A Source is where weights come from. Names are GPT2Model's ("h.0.ln_1.weight"), and
// lm_head.weight. The error for a tensor that is not there wraps fs.ErrNotExist; one of another
// shape, or in numbers that cannot be read, is an error that names the tensor.
type Source interface {
	Config() []byte // of a config.json
	Tensor(name string, shape ...int) (tensor.Elements, error)
}

// Load reads a model from src, packing its weights through x as dtype d. It calls progress, if
// not nil, with the number of parameters read so far and of all. Weights in a file that was cut
// since it was opened are an error that wraps [ErrFault]. What src has packed already (tensor.Packed) has to be
// packed as d, and stays where it lies.
func Load(x *tensor.Exec, src Source, d tensor.DType, progress func(done, all int64)) (_ *Model, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer catch(&err)
	config, err := ParseConfig(src.Config())
	if err != nil {
		return nil, err
	}
	l := &loader{exec: x, source: src, dtype: d, all: config.Parameters(), progress: progress}
	m := &Model{Config: config, dtype: d}
	// The embeddings come first: the largest matrix is then read while little else is held.
	m.wte = l.weight("wte", tensor.OutputMajor, config.Vocabulary, config.Width)
	m.wpe = l.matrix("wpe.weight", config.Positions, config.Width)
	m.lm_head = l.head(m.wte, config)
	for i := 0; i < config.Layers && l.err == nil; i++ {
		m.h = append(m.h, l.block(i, config))
	}
	m.ln_f = l.layerNorm("ln_f", config)
	if l.err != nil {
		return nil, l.err
	}
	if config.PrunesAttention() {
		m.queries, m.keysValues = m.h[len(m.h)-1].attn.c_attn.split(config.Width)
	}
	return m, nil
}

// A loader keeps the first error, so that what it loads can be written down without checks.
type loader struct {
	exec      *tensor.Exec
	source    Source
	dtype     tensor.DType
	done, all int64
	progress  func(done, all int64)
	err       error
}

func (l *loader) block(i int, c Config) *block {
	at := fmt.Sprintf("h.%d.", i)
	return &block{
		ln_1: l.layerNorm(at+"ln_1", c),
		attn: attention{
			c_attn: l.linear(at+"attn.c_attn", c.Width, 3*c.Width),
			scale:  c.scale(i),
			c_proj: l.linear(at+"attn.c_proj", c.Width, c.Width),
		},
		ln_2: l.layerNorm(at+"ln_2", c),
		mlp: mlp{
			c_fc:       l.linear(at+"mlp.c_fc", c.Width, c.Inner),
			activation: c.Activation,
			c_proj:     l.linear(at+"mlp.c_proj", c.Inner, c.Width),
		},
	}
}

func (l *loader) layerNorm(name string, c Config) layerNorm {
	return layerNorm{
		weight:  l.matrix(name+".weight", c.Width).Data,
		bias:    l.matrix(name+".bias", c.Width).Data,
		epsilon: c.Epsilon,
	}
}

func (l *loader) linear(name string, inputs, outputs int) linear {
	return linear{
		weight: l.weight(name, tensor.InputMajor, outputs, inputs),
		bias:   l.matrix(name+".bias", outputs).Data,
	}
}

// weight packs a matrix. GPT-2 keeps the weights of its linear layers as (inputs, outputs), and
// its embeddings as (tokens, width).
func (l *loader) weight(name string, layout tensor.Layout, outputs, inputs int) *tensor.Weight {
	shape := []int{outputs, inputs}
	if layout == tensor.InputMajor {
		slices.Reverse(shape)
	}
	e := l.elements(name+".weight", shape...)
	return l.pack(name+".weight", e, layout, outputs, inputs)
}

func (l *loader) pack(name string, e tensor.Elements, layout tensor.Layout, outputs, inputs int) *tensor.Weight {
	if l.err != nil {
		return nil
	}
	want := tensor.Packing{DType: l.dtype, Of: layout, Outputs: outputs, Inputs: inputs}
	if p, ok := e.(tensor.Packed); ok && p.Packing() != want {
		l.err = fmt.Errorf("tensor %q is packed as %v, not %v", name, p.Packing(), want)
		return nil
	}
	w := l.exec.Pack(e, layout, outputs, inputs, l.dtype)
	l.count(outputs * inputs)
	return w
}

// matrix copies a vector, or a matrix that is not multiplied with.
func (l *loader) matrix(name string, shape ...int) tensor.Tensor {
	e := l.elements(name, shape...)
	if e == nil {
		return tensor.Tensor{}
	}
	rows, cols := 1, shape[len(shape)-1]
	if len(shape) == 2 {
		rows = shape[0]
	}
	l.count(rows * cols)
	return tensor.Copy(e, rows, cols)
}

// head is lm_head.weight where the checkpoint has one that differs from wte, as transformers has
// it since version 5; else the embedding itself, if the two are tied.
func (l *loader) head(wte *tensor.Weight, c Config) *tensor.Weight {
	if l.err != nil {
		return nil
	}
	own, err := l.source.Tensor("lm_head.weight", c.Vocabulary, c.Width)
	if errors.Is(err, fs.ErrNotExist) && c.Tied {
		return wte
	}
	if err != nil {
		l.err = err
		return nil
	}
	defer own.Release()
	parameters := c.Vocabulary * c.Width
	if _, packed := own.(tensor.Packed); c.Tied && packed {
		l.all += int64(parameters) // it was packed for being another
	} else if c.Tied {
		if same, err := l.sameAsEmbedding(own, c); err != nil || same {
			l.err = err
			return wte
		}
		l.all += int64(parameters)
	}
	return l.pack("lm_head.weight", own, tensor.OutputMajor, c.Vocabulary, c.Width)
}

// sameAsEmbedding compares lm_head.weight with wte.weight as they are in the checkpoint.
func (l *loader) sameAsEmbedding(own tensor.Elements, c Config) (bool, error) {
	wte, err := l.source.Tensor("wte.weight", c.Vocabulary, c.Width)
	if err != nil {
		return false, err
	}
	defer wte.Release()
	a, b := make([]float32, c.Width), make([]float32, c.Width)
	for i := range c.Vocabulary {
		own.Read(a, i*c.Width)
		wte.Read(b, i*c.Width)
		if !slices.Equal(a, b) {
			return false, nil
		}
	}
	return true, nil
}

func (l *loader) elements(name string, shape ...int) tensor.Elements {
	if l.err != nil {
		return nil
	}
	e, err := l.source.Tensor(name, shape...)
	if err != nil {
		l.err = err
		return nil
	}
	return e
}

func (l *loader) count(parameters int) {
	l.done += int64(parameters)
	if l.progress != nil {
		l.progress(l.done, l.all)
	}
}

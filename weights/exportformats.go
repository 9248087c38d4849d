package weights

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"slices"

	"github.com/gptmeter/gptmeter/weights/gguf"
)

// WriteSafetensors writes the weights as transformers does those of a GPT2LMHeadModel: prefixed
// names, the widest numbers first, so that all are aligned.
func (e *Export) WriteSafetensors(ctx context.Context, w io.Writer) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer catch(e.From.name, &err)
	list, err := e.tensors()
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b exported) int {
		_, bytesA := a.to.Block()
		_, bytesB := b.to.Block()
		return cmp.Compare(bytesB, bytesA)
	})
	var header bytes.Buffer
	header.WriteString(`{"__metadata__":{"format":"pt"}`)
	at := 0
	for _, t := range list {
		name := t.name
		if name != "lm_head.weight" {
			name = "transformer." + name
		}
		shape, err := json.Marshal(t.shape)
		if err != nil {
			return err
		}
		fmt.Fprintf(&header, `,%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, name, t.to, shape, at, at+t.bytes())
		at += t.bytes()
		e.wrote(name, t, t.shape)
	}
	header.WriteByte('}')
	for header.Len()%8 != 0 {
		header.WriteByte(' ')
	}
	out := bufio.NewWriterSize(w, 1<<20)
	out.Write(binary.LittleEndian.AppendUint64(nil, uint64(header.Len())))
	out.Write(header.Bytes())
	progress := e.progress(list)
	for _, t := range list {
		if err := t.write(ctx, out, false, progress); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Words are the tokenizer that a GGUF file gets; see package tokenizer.
type Words struct {
	Tokens []string
	Merges [][2]string
	Added  map[int]bool
}

// WriteGGUF writes the model as llama.cpp's convert_hf_to_gguf.py does: linear layers transposed,
// vectors and positions in F32. Words is nil where the model has no tokenizer.
func (e *Export) WriteGGUF(ctx context.Context, w io.Writer, words *Words) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer catch(e.From.name, &err)
	list, err := e.tensors()
	if err != nil {
		return err
	}
	var sources []gguf.Source
	progress := e.progress(list)
	for _, t := range list {
		name, shape := ggufName(t.name), t.shape
		if len(shape) == 1 || t.name == "wpe.weight" {
			t.to = gguf.F32
		}
		turned := ggufLinear.MatchString(name)
		if turned {
			shape = []int{shape[1], shape[0]}
		}
		sources = append(sources, gguf.Source{Name: name, Type: t.to, Shape: shape, Write: func(w io.Writer) error {
			return t.write(ctx, w, turned, progress)
		}})
		e.wrote(name, t, t.shape)
	}
	return gguf.Write(w, append(e.metadata(list[0].to), e.words(words)...), sources)
}

// fileTypes are llama.cpp's numbers for what most of a file's numbers are.
var fileTypes = map[gguf.Type]uint32{gguf.F32: 0, gguf.F16: 1, gguf.BF16: 32}

func (e *Export) metadata(most gguf.Type) []gguf.Pair {
	return []gguf.Pair{
		{Key: "general.architecture", Value: "gpt2"},
		{Key: "general.type", Value: "model"},
		{Key: "gpt2.block_count", Value: uint32(e.Layers)},
		{Key: "gpt2.context_length", Value: uint32(e.Positions)},
		{Key: "gpt2.embedding_length", Value: uint32(e.Width)},
		{Key: "gpt2.feed_forward_length", Value: uint32(e.Inner)},
		{Key: "gpt2.attention.head_count", Value: uint32(e.Heads)},
		{Key: "gpt2.attention.layer_norm_epsilon", Value: e.Epsilon},
		{Key: "gpt2.vocab_size", Value: uint32(e.Vocabulary)},
		{Key: "general.file_type", Value: fileTypes[most]},
		{Key: "general.quantization_version", Value: uint32(2)},
	}
}

// words are the pairs of the tokenizer. Ids that it does not have are padded, for llama.cpp takes the
// number of tokens for the vocabulary's.
func (e *Export) words(words *Words) []gguf.Pair {
	pairs := []gguf.Pair{{Key: "tokenizer.ggml.model", Value: "none"}}
	if words != nil {
		tokens, types := make([]string, e.Vocabulary), make([]int32, e.Vocabulary)
		for id := range tokens {
			special, added := words.Added[id]
			switch {
			case id >= len(words.Tokens) || words.Tokens[id] == "":
				tokens[id], types[id] = fmt.Sprintf("[PAD%d]", id), tokenUnused
				continue
			case added && special:
				types[id] = tokenControl
			case added:
				types[id] = tokenUserDefined
			default:
				types[id] = tokenNormal
			}
			tokens[id] = words.Tokens[id]
		}
		merges := make([]string, len(words.Merges))
		for i, m := range words.Merges {
			merges[i] = m[0] + " " + m[1]
		}
		pairs = []gguf.Pair{
			{Key: "tokenizer.ggml.model", Value: "gpt2"},
			{Key: "tokenizer.ggml.pre", Value: "gpt-2"},
			{Key: "tokenizer.ggml.tokens", Value: tokens},
			{Key: "tokenizer.ggml.token_type", Value: types},
			{Key: "tokenizer.ggml.merges", Value: merges},
		}
	}
	for _, special := range []struct {
		key string
		id  int
	}{{"tokenizer.ggml.bos_token_id", e.Begin}, {"tokenizer.ggml.eos_token_id", e.End}} {
		if special.id >= 0 {
			pairs = append(pairs, gguf.Pair{Key: special.key, Value: uint32(special.id)})
		}
	}
	return pairs
}

// maxBesideBytes bounds a file beside the weights, as package tokenizer does.
const maxBesideBytes = 64 << 20

// Beside lists what belongs to a model beside its weights: the files of its tokenizer that are there,
// and what it says about generating.
func (c *Checkpoint) Beside() (map[string][]byte, error) {
	files := map[string][]byte{}
	if c.tokenizer == nil {
		return files, nil
	}
	for _, name := range append(slices.Clone(tokenizerFiles), "generation_config.json") {
		f, err := c.tokenizer.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(io.LimitReader(f, maxBesideBytes+1))
		f.Close()
		if err == nil && len(content) > maxBesideBytes {
			err = fmt.Errorf("%s: larger than %d bytes", name, maxBesideBytes)
		}
		if err != nil {
			return nil, err
		}
		files[name] = content
	}
	return files, nil
}

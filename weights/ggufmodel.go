package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/weights/gguf"
)

// openGGUF opens a GGUF file of llama.cpp's architecture "gpt2", which has all of a model in it.
func openGGUF(name, path string) (_ *Checkpoint, err error) {
	c := &Checkpoint{name: name, spell: ggufName}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	mapping, err := c.mapFile(path)
	if err != nil {
		return nil, err
	}
	f, err := parseGGUF(mapping.MMap)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if c.config, err = ggufConfig(f, mapping.MMap); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	words, err := ggufTokenizer(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c.tensors = make(map[string]heldTensor, len(f.Tensors))
	for _, t := range f.Tensors {
		c.tensors[t.Name] = holdGGUF(path, t, mapping.MMap)
	}
	c.chooseWords(words)
	return c, nil
}

func parseGGUF(file []byte) (*gguf.File, error) {
	if err := checkPointer(file); err != nil {
		return nil, err
	}
	f, err := gguf.Parse(file)
	if errors.Is(err, gguf.ErrIncomplete) {
		return nil, incomplete("%w", err)
	}
	return f, err
}

// holdGGUF gives the weights of a linear layer the shape that GPT2Model has them in: llama.cpp keeps
// their transpose.
func holdGGUF(path string, t gguf.Tensor, mapping []byte) heldTensor {
	elements, bytes := t.Type.Block()
	h := heldTensor{
		TensorInfo: TensorInfo{Name: t.Name, DType: t.Type.String(), Shape: t.Shape, Bytes: int64(t.End - t.Begin)},
		file:       path,
		elements:   newStoredElements(dtype{elements, bytes, t.Type.Decoder()}, mapping, t.Begin, t.End, true),
	}
	if len(t.Shape) == 2 && ggufLinear.MatchString(t.Name) {
		h.Shape = []int{t.Shape[1], t.Shape[0]}
		if h.elements != nil {
			h.elements = transposedElements{h.elements, h.Shape[0], h.Shape[1]}
		}
	}
	return h
}

// ggufNames are llama.cpp's names for what GPT2Model has, without "weight" and "bias"; within a
// block they follow "h.0." and "blk.0.".
var ggufNames = map[string]string{
	"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "lm_head": "output",
	"ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
	"ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
}

// ggufLinear matches the names of matrices that are stored as the transpose of GPT2Model's.
var ggufLinear = regexp.MustCompile(`^blk\.\d+\.(attn_qkv|attn_output|ffn_up|ffn_down)\.weight$`)

// ggufName is llama.cpp's name for a tensor of GPT2Model.
func ggufName(name string) string {
	block := ""
	if rest, ok := strings.CutPrefix(name, "h."); ok {
		number, inner, _ := strings.Cut(rest, ".")
		block, name = "blk."+number+".", inner
	}
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		name = ggufNames[name[:dot]] + name[dot:]
	}
	return block + name
}

// ggufConfig writes the config.json that the metadata are.
func ggufConfig(f *gguf.File, file []byte) ([]byte, error) {
	m := metadata{file: f}
	architecture := m.text("general.architecture", "")
	if m.err == nil && architecture != "gpt2" {
		return nil, fmt.Errorf("general.architecture is %.40q, and only gpt2 is known here", architecture)
	}
	if kind := m.text("general.type", "model"); kind != "model" {
		return nil, fmt.Errorf("general.type is %.40q, not a model", kind)
	}
	if n := m.integer("split.count", 1); n > 1 {
		return nil, withHint(fmt.Errorf("split.count is %d: it is one part of a model", n), "put the parts together with llama-gguf-split --merge")
	}
	if !m.bool("gpt2.attention.causal", true) {
		return nil, errors.New("gpt2.attention.causal is false, which is not supported")
	}
	matrix := func(name string) (t gguf.Tensor, ok bool) {
		i := slices.IndexFunc(f.Tensors, func(t gguf.Tensor) bool { return t.Name == name && len(t.Shape) == 2 })
		if i < 0 {
			return t, false
		}
		return f.Tensors[i], true
	}
	embedding, ok := matrix("token_embd.weight")
	if m.err == nil && !ok {
		return nil, errors.New(`tensor "token_embd.weight" is missing, or no matrix`)
	}
	head, own := matrix("output.weight")
	if own && head.Type == embedding.Type { // older converters wrote the embedding twice
		own = !bytes.Equal(file[head.Begin:head.End], file[embedding.Begin:embedding.End])
	}
	heads := m.integer("gpt2.attention.head_count", -1)
	config := map[string]any{
		"architectures":       []string{"GPT2LMHeadModel"},
		"model_type":          "gpt2",
		"n_layer":             m.integer("gpt2.block_count", -1),
		"n_head":              heads,
		"n_embd":              m.integer("gpt2.embedding_length", -1),
		"n_inner":             m.integer("gpt2.feed_forward_length", -1),
		"n_positions":         m.integer("gpt2.context_length", -1),
		"layer_norm_epsilon":  m.float("gpt2.attention.layer_norm_epsilon"),
		"activation_function": "gelu_new",
		"tie_word_embeddings": !own,
	}
	for key, name := range map[string]string{"bos_token_id": "tokenizer.ggml.bos_token_id", "eos_token_id": "tokenizer.ggml.eos_token_id"} {
		if id := m.integer(name, -1); id >= 0 {
			config[key] = id
		}
	}
	if kv := m.integer("gpt2.attention.head_count_kv", heads); m.err == nil && kv != heads {
		return nil, fmt.Errorf("gpt2.attention.head_count_kv is %d of %d heads, and GPT-2 shares none", kv, heads)
	}
	if m.err != nil {
		return nil, m.err
	}
	config["vocab_size"] = embedding.Shape[0]
	return json.Marshal(config)
}

// metadata reads a file's pairs. It keeps the first error, so that they can be read without checks.
type metadata struct {
	file *gguf.File
	err  error
}

// get reads the value of key, or gives standard where it has none.
func get[T any](m *metadata, key string, standard T, read func(gguf.Value) (T, error)) T {
	v, ok := m.file.Value(key)
	if !ok || m.err != nil {
		return standard
	}
	x, err := read(v)
	if err != nil {
		m.err = fmt.Errorf("%s is %w", key, err)
		return standard
	}
	return x
}

// need is for what every file has to say.
func (m *metadata) need(key string) {
	if _, ok := m.file.Value(key); !ok && m.err == nil {
		m.err = fmt.Errorf("%s is missing", key)
	}
}

// integer reads an integer that is not negative; the key is needed where standard is −1 and it is
// one of the model's.
func (m *metadata) integer(key string, standard int64) int64 {
	if standard < 0 && strings.HasPrefix(key, "gpt2.") {
		m.need(key)
	}
	n := get(m, key, standard, gguf.Value.Integer)
	if n < 0 && n != standard {
		m.err = fmt.Errorf("%s is %d", key, n)
	}
	return n
}

func (m *metadata) float(key string) float32 {
	m.need(key)
	return get(m, key, 0, gguf.Value.Float)
}

func (m *metadata) bool(key string, standard bool) bool {
	return get(m, key, standard, gguf.Value.Bool)
}

func (m *metadata) text(key, standard string) string {
	return get(m, key, standard, gguf.Value.Text)
}

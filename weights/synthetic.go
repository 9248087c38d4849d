package weights

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Limits on synthetic shapes, beyond which no machine that this engine runs on could hold them.
const (
	maxLayers     = 512
	maxWidth      = 1 << 15
	maxParameters = 1 << 34

	syntheticContext    = 1024
	syntheticVocabulary = 50257
)

// shape is that of a GPT-2: heads divide width.
type shape struct{ layers, heads, width int }

// gpt2Shapes are those of the released models (Radford et al. 2019, table 2).
var gpt2Shapes = map[string]shape{
	"gpt2":        {12, 12, 768},
	"gpt2-medium": {24, 16, 1024},
	"gpt2-large":  {36, 20, 1280},
	"gpt2-xl":     {48, 25, 1600},
}

// openSynthetic makes a model of random weights. They are made when they are read.
func openSynthetic(name string) (*Checkpoint, error) {
	s, err := parseShape(name)
	if err != nil {
		return nil, err
	}
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{name: name, config: config, synthetic: true, tensors: map[string]heldTensor{}}
	for _, t := range s.tensors() {
		c.tensors[t.Name] = heldTensor{t.TensorInfo, name, newRandomElements(t)}
	}
	return c, nil
}

// parseShape reads the shape from a name such as "synthetic:gpt2" or "synthetic:12x12x768".
func parseShape(name string) (shape, error) {
	text := strings.TrimPrefix(name, syntheticPrefix)
	if s, ok := gpt2Shapes[text]; ok {
		return s, nil
	}
	fail := func(format string, args ...any) (shape, error) {
		return shape{}, fmt.Errorf("%w: %s: %w", ErrName, name, fmt.Errorf(format, args...))
	}
	parts := strings.Split(text, "x")
	if len(parts) != 3 {
		return shape{}, withHint(fmt.Errorf("%w: %s is no shape", ErrName, name),
			"write synthetic:LAYERSxHEADSxWIDTH, such as synthetic:12x12x768, or synthetic:gpt2, gpt2-medium, gpt2-large, gpt2-xl")
	}
	var s shape
	for i, part := range []struct {
		name  string
		limit uint64
		to    *int
	}{{"layers", maxLayers, &s.layers}, {"heads", maxWidth, &s.heads}, {"width", maxWidth, &s.width}} {
		n, err := strconv.ParseUint(parts[i], 10, 64)
		if err != nil || n < 1 || n > part.limit {
			return fail("%s %q is no number from 1 to %d", part.name, parts[i], part.limit)
		}
		*part.to = int(n)
	}
	if s.width%s.heads != 0 {
		return fail("%d heads do not divide the width %d", s.heads, s.width)
	}
	if n := s.parameters(); n > maxParameters {
		return fail("%d parameters are more than %d", n, int64(maxParameters))
	}
	return s, nil
}

// config writes the config.json of such a GPT-2. What it does not say is as in the released ones.
func (s shape) config() ([]byte, error) {
	return json.Marshal(map[string]any{
		"architectures":       []string{"GPT2LMHeadModel"},
		"model_type":          "gpt2",
		"n_layer":             s.layers,
		"n_head":              s.heads,
		"n_embd":              s.width,
		"n_positions":         syntheticContext,
		"n_ctx":               syntheticContext,
		"vocab_size":          syntheticVocabulary,
		"activation_function": "gelu_new",
		"layer_norm_epsilon":  1e-5,
		"tie_word_embeddings": true,
		"bos_token_id":        syntheticVocabulary - 1,
		"eos_token_id":        syntheticVocabulary - 1,
	})
}

func (s shape) parameters() int64 {
	total := int64(0)
	for _, t := range s.tensors() {
		total += t.Bytes / 4
	}
	return total
}

// randomTensor is a tensor of random weights: their mean and standard deviation.
type randomTensor struct {
	TensorInfo
	mean, deviation float32
}

// tensors lists a GPT2Model's tensors, initialised as GPT-2 was: normal, of deviation 0.02,
// the projections into the residual stream smaller by the root of their number, LayerNorm near 1.
// Biases are not 0, as they are at the start of a training, so that leaving one out is noticed.
func (s shape) tensors() []randomTensor {
	const deviation = 0.02
	var tensors []randomTensor
	add := func(name string, mean, deviation float32, shape ...int) {
		bytes := int64(4)
		for _, n := range shape {
			bytes *= int64(n)
		}
		tensors = append(tensors, randomTensor{TensorInfo{Name: name, DType: "F32", Shape: shape, Bytes: bytes}, mean, deviation})
	}
	c := s.width
	residual := float32(deviation / math.Sqrt(float64(2*s.layers)))
	norm := func(name string) {
		add(name+".weight", 1, deviation, c)
		add(name+".bias", 0, deviation, c)
	}
	linear := func(name string, deviationOfWeight float32, from, to int) {
		add(name+".weight", 0, deviationOfWeight, from, to)
		add(name+".bias", 0, deviation, to)
	}
	add("wte.weight", 0, deviation, syntheticVocabulary, c)
	add("wpe.weight", 0, deviation, syntheticContext, c)
	for i := range s.layers {
		block := fmt.Sprintf("h.%d.", i)
		norm(block + "ln_1")
		linear(block+"attn.c_attn", deviation, c, 3*c)
		linear(block+"attn.c_proj", residual, c, c)
		norm(block + "ln_2")
		linear(block+"mlp.c_fc", deviation, c, 4*c)
		linear(block+"mlp.c_proj", residual, 4*c, c)
	}
	norm("ln_f")
	return tensors
}

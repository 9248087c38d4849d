package model

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/tensor"
)

// A Config is what config.json says of a model's shape and function, by its own keys.
type Config struct {
	Layers     int // n_layer
	Heads      int // n_head
	Width      int // n_embd
	Inner      int // n_inner
	Positions  int // n_positions
	Vocabulary int // vocab_size

	ActivationName string // activation_function
	Activation     tensor.ActivationFunc
	Epsilon        float32 // layer_norm_epsilon

	ScaleByHead  bool // scale_attn_weights
	ScaleByLayer bool // scale_attn_by_inverse_layer_idx
	Tied         bool // tie_word_embeddings

	EndOfText []int // eos_token_id: ids that end a text; may be empty
	Begin     int   // bos_token_id, -1 where there is none
}

// HeadSize is the width of one head.
func (c Config) HeadSize() int { return c.Width / c.Heads }

// scale is what layer i's attention scores are multiplied with.
func (c Config) scale(i int) float32 {
	s := 1.0
	if c.ScaleByHead {
		s = 1 / math.Sqrt(float64(c.HeadSize()))
	}
	if c.ScaleByLayer {
		s /= float64(i + 1)
	}
	return float32(s)
}

// activations are the functions that GPT-2 checkpoints use, by transformers' names. Names on one
// line differ by rounding alone.
var activations = map[string]tensor.ActivationFunc{
	"gelu_new": tensor.GELUTanh, "gelu_pytorch_tanh": tensor.GELUTanh, "gelu_fast": tensor.GELUTanh,
	"gelu_python_tanh": tensor.GELUTanh, "gelu_accurate": tensor.GELUTanh,
	"gelu": tensor.GELUErf, "gelu_python": tensor.GELUErf,
	"relu": tensor.ReLU,
	"silu": tensor.SiLU, "swish": tensor.SiLU,
	"tanh": tensor.Tanh,
}

// The largest dimensions that are accepted: far beyond any GPT-2, small enough that no product of
// them overflows.
const (
	maxLayers     = 1 << 12
	maxWidth      = 1 << 17
	maxPositions  = 1 << 20
	maxVocabulary = 1 << 24
)

// ParseConfig reads the bytes of a config.json. Every key that changes what transformers computes
// is honoured or refused by name; the rest is ignored, as transformers does.
func ParseConfig(data []byte) (Config, error) {
	c, err := parseConfig(data)
	if err != nil {
		return Config{}, fmt.Errorf("config.json: %w", err)
	}
	return c, nil
}

func parseConfig(data []byte) (c Config, err error) {
	d, err := parseDocument(data)
	if err != nil {
		return c, err
	}
	if !d.has("model_type") {
		return c, errors.New("model_type is missing")
	}
	if kind := read(d, "model_type", ""); d.err == nil && kind != "gpt2" {
		return c, fmt.Errorf("model_type is %.40q, and only gpt2 is known here", kind)
	}
	if err := d.refuse(); err != nil {
		return c, err
	}
	c.Layers = d.dimension("n_layer", "num_hidden_layers", 12, maxLayers)
	c.Heads = d.dimension("n_head", "num_attention_heads", 12, maxWidth)
	c.Width = d.dimension("n_embd", "hidden_size", 768, maxWidth)
	c.Inner = d.dimension("n_inner", "", 4*c.Width, 4*maxWidth)
	c.Positions = d.dimension("n_positions", "max_position_embeddings", 1024, maxPositions)
	c.Vocabulary = d.dimension("vocab_size", "", 50257, maxVocabulary)
	context := read(d, "n_ctx", c.Positions)
	c.ActivationName = read(d, "activation_function", "gelu_new")
	epsilon := read(d, "layer_norm_epsilon", 1e-5)
	c.ScaleByHead = read(d, "scale_attn_weights", true)
	c.ScaleByLayer = read(d, "scale_attn_by_inverse_layer_idx", false)
	_ = read(d, "reorder_and_upcast_attn", false) // in float32 it swaps two multiplications, no more
	c.Tied = read(d, "tie_word_embeddings", true)
	begin, end := read(d, "bos_token_id", -1), read(d, "eos_token_id", tokenIDs{})
	if d.err != nil {
		return c, d.err
	}
	if c.Width%c.Heads != 0 {
		return c, fmt.Errorf("n_embd %d is not divisible by n_head %d", c.Width, c.Heads)
	}
	if (d.has("n_positions") || d.has("max_position_embeddings")) && context != c.Positions {
		return c, fmt.Errorf("n_ctx %d differs from n_positions %d", context, c.Positions)
	}
	var known bool
	if c.Activation, known = activations[c.ActivationName]; !known {
		return c, fmt.Errorf("activation_function %.40q is not known; known are %s",
			c.ActivationName, strings.Join(slices.Sorted(maps.Keys(activations)), ", "))
	}
	if c.Epsilon = float32(epsilon); epsilon < 0 || math.IsInf(float64(c.Epsilon), 0) {
		return c, fmt.Errorf("layer_norm_epsilon %v is not a small positive number", epsilon)
	}
	outside := func(id int) bool { return id < 0 || id >= c.Vocabulary }
	if c.EndOfText = slices.DeleteFunc(end, outside); outside(begin) {
		begin = -1
	}
	c.Begin = begin
	return c, nil
}

package model

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

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

// fields is config.json's, with null apart from absent only where it matters.
type fields struct {
	ModelType *string `json:"model_type"`

	NLayer     *int `json:"n_layer"`
	NHead      *int `json:"n_head"`
	NEmbd      *int `json:"n_embd"`
	NInner     *int `json:"n_inner"`
	NPositions *int `json:"n_positions"`
	NCtx       *int `json:"n_ctx"`
	VocabSize  *int `json:"vocab_size"`

	// transformers' other names for four of them
	HiddenSize            *int `json:"hidden_size"`
	MaxPositionEmbeddings *int `json:"max_position_embeddings"`
	NumAttentionHeads     *int `json:"num_attention_heads"`
	NumHiddenLayers       *int `json:"num_hidden_layers"`

	ActivationFunction *string  `json:"activation_function"`
	LayerNormEpsilon   *float64 `json:"layer_norm_epsilon"`

	ScaleAttnWeights           *bool `json:"scale_attn_weights"`
	ScaleAttnByInverseLayerIdx *bool `json:"scale_attn_by_inverse_layer_idx"`
	// In float32 this one changes the order of two multiplications and nothing else.
	ReorderAndUpcastAttn *bool `json:"reorder_and_upcast_attn"`
	TieWordEmbeddings    *bool `json:"tie_word_embeddings"`

	BosTokenID *int     `json:"bos_token_id"`
	EosTokenID tokenIDs `json:"eos_token_id"`
}

// tokenIDs is null, a number, or a list of numbers.
type tokenIDs []int

func (t *tokenIDs) UnmarshalJSON(b []byte) error {
	var one *int
	if err := json.Unmarshal(b, &one); err == nil {
		*t = nil
		if one != nil {
			*t = tokenIDs{*one}
		}
		return nil
	}
	return json.Unmarshal(b, (*[]int)(t))
}

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
	if err := refuse(data); err != nil {
		return c, err
	}
	var f fields
	if err := json.Unmarshal(data, &f); err != nil {
		return c, plain(err)
	}
	if f.ModelType == nil || *f.ModelType != "gpt2" {
		return c, fmt.Errorf("model_type is %s, and only gpt2 is known here", quoted(f.ModelType))
	}
	dimensions := []struct {
		to       *int
		name     string
		key      *int
		alias    string
		other    *int
		standard int
		most     int
	}{
		{&c.Layers, "n_layer", f.NLayer, "num_hidden_layers", f.NumHiddenLayers, 12, maxLayers},
		{&c.Heads, "n_head", f.NHead, "num_attention_heads", f.NumAttentionHeads, 12, maxWidth},
		{&c.Width, "n_embd", f.NEmbd, "hidden_size", f.HiddenSize, 768, maxWidth},
		{&c.Positions, "n_positions", f.NPositions, "max_position_embeddings", f.MaxPositionEmbeddings, 1024, maxPositions},
		{&c.Vocabulary, "vocab_size", f.VocabSize, "", nil, 50257, maxVocabulary},
	}
	for _, d := range dimensions {
		value := d.key
		if d.other != nil {
			if d.key != nil && *d.key != *d.other {
				return c, fmt.Errorf("%s is %d but %s, another name for it, is %d", d.name, *d.key, d.alias, *d.other)
			}
			value = d.other
		}
		if *d.to = d.standard; value != nil {
			*d.to = *value
		}
		if *d.to < 1 || *d.to > d.most {
			return c, fmt.Errorf("%s is %d, not in 1..%d", d.name, *d.to, d.most)
		}
	}
	if c.Width%c.Heads != 0 {
		return c, fmt.Errorf("n_embd %d is not divisible by n_head %d", c.Width, c.Heads)
	}
	if c.Inner = 4 * c.Width; f.NInner != nil {
		c.Inner = *f.NInner
	}
	if c.Inner < 1 || c.Inner > 4*maxWidth {
		return c, fmt.Errorf("n_inner is %d, not in 1..%d", c.Inner, 4*maxWidth)
	}
	if f.NCtx != nil && f.NPositions != nil && *f.NCtx != *f.NPositions {
		return c, fmt.Errorf("n_ctx %d differs from n_positions %d", *f.NCtx, *f.NPositions)
	}
	if c.ActivationName = "gelu_new"; f.ActivationFunction != nil {
		c.ActivationName = *f.ActivationFunction
	}
	var known bool
	if c.Activation, known = activations[c.ActivationName]; !known {
		return c, fmt.Errorf("activation_function %q is not known; known are %s", c.ActivationName, names(activations))
	}
	epsilon := 1e-5
	if f.LayerNormEpsilon != nil {
		epsilon = *f.LayerNormEpsilon
	}
	if c.Epsilon = float32(epsilon); epsilon < 0 || math.IsInf(float64(c.Epsilon), 0) {
		return c, fmt.Errorf("layer_norm_epsilon %v is not a small positive number", epsilon)
	}
	c.ScaleByHead = f.ScaleAttnWeights == nil || *f.ScaleAttnWeights
	c.ScaleByLayer = f.ScaleAttnByInverseLayerIdx != nil && *f.ScaleAttnByInverseLayerIdx
	c.Tied = f.TieWordEmbeddings == nil || *f.TieWordEmbeddings
	c.Begin = -1
	if f.BosTokenID != nil && *f.BosTokenID >= 0 && *f.BosTokenID < c.Vocabulary {
		c.Begin = *f.BosTokenID
	}
	for _, id := range f.EosTokenID {
		if id >= 0 && id < c.Vocabulary {
			c.EndOfText = append(c.EndOfText, id)
		}
	}
	return c, nil
}

func quoted(s *string) string {
	if s == nil {
		return "missing"
	}
	return fmt.Sprintf("%q", *s)
}

func names(m map[string]tensor.ActivationFunc) (list []string) {
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

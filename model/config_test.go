package model_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// gpt2 are the values of a config.json that says no more than that it is a GPT-2.
var gpt2 = model.Config{
	Layers: 12, Heads: 12, Width: 768, Inner: 3072, Positions: 1024, Vocabulary: 50257,
	ActivationName: "gelu_new", Activation: tensor.GELUTanh, Epsilon: 1e-5,
	ScaleByHead: true, Tied: true, Begin: -1,
}

// TestParseConfig: what each key sets.
func TestParseConfig(t *testing.T) {
	for _, c := range []struct {
		keys string // beside model_type
		want func(c *model.Config)
	}{
		{``, func(c *model.Config) {}},
		{`"n_layer": 3`, func(c *model.Config) { c.Layers = 3 }},
		{`"num_hidden_layers": 3`, func(c *model.Config) { c.Layers = 3 }},
		{`"n_layer": 3, "num_hidden_layers": 3`, func(c *model.Config) { c.Layers = 3 }},
		{`"n_layer": 4096`, func(c *model.Config) { c.Layers = 4096 }},
		{`"n_head": 8`, func(c *model.Config) { c.Heads = 8 }},
		{`"num_attention_heads": 768`, func(c *model.Config) { c.Heads = 768 }},
		{`"n_embd": 36`, func(c *model.Config) { c.Width, c.Inner = 36, 144 }},
		{`"hidden_size": 36`, func(c *model.Config) { c.Width, c.Inner = 36, 144 }},
		{`"n_embd": 35, "n_head": 5`, func(c *model.Config) { c.Width, c.Inner, c.Heads = 35, 140, 5 }},
		{`"n_inner": 33`, func(c *model.Config) { c.Inner = 33 }},
		{`"n_inner": null`, func(c *model.Config) {}},
		{`"intermediate_size": 33, "hidden_act": "relu", "layer_norm_eps": 1`, func(c *model.Config) {}}, // others' names
		{`"n_positions": 64`, func(c *model.Config) { c.Positions = 64 }},
		{`"max_position_embeddings": 64`, func(c *model.Config) { c.Positions = 64 }},
		{`"n_ctx": 64`, func(c *model.Config) {}}, // transformers ignores it
		{`"n_ctx": null, "n_positions": 64`, func(c *model.Config) { c.Positions = 64 }},
		{`"n_ctx": 64, "n_positions": 64`, func(c *model.Config) { c.Positions = 64 }},
		{`"vocab_size": 1`, func(c *model.Config) { c.Vocabulary = 1 }},
		{`"layer_norm_epsilon": 0`, func(c *model.Config) { c.Epsilon = 0 }},
		{`"layer_norm_epsilon": 1e-12`, func(c *model.Config) { c.Epsilon = 1e-12 }},
		{`"scale_attn_weights": false`, func(c *model.Config) { c.ScaleByHead = false }},
		{`"scale_attn_by_inverse_layer_idx": true`, func(c *model.Config) { c.ScaleByLayer = true }},
		{`"reorder_and_upcast_attn": true`, func(c *model.Config) {}},
		{`"tie_word_embeddings": false`, func(c *model.Config) { c.Tied = false }},

		{`"bos_token_id": 0`, func(c *model.Config) { c.Begin = 0 }},
		{`"bos_token_id": 50256`, func(c *model.Config) { c.Begin = 50256 }},
		{`"bos_token_id": 50257`, func(c *model.Config) {}},
		{`"bos_token_id": -7`, func(c *model.Config) {}},
		{`"bos_token_id": null`, func(c *model.Config) {}},
		{`"eos_token_id": 50256`, func(c *model.Config) { c.EndOfText = []int{50256} }},
		{`"eos_token_id": 50257`, func(c *model.Config) {}},
		{`"eos_token_id": -1`, func(c *model.Config) {}},
		{`"eos_token_id": null`, func(c *model.Config) {}},
		{`"eos_token_id": []`, func(c *model.Config) {}},
		{`"eos_token_id": [7, 50257, 0, -1]`, func(c *model.Config) { c.EndOfText = []int{7, 0} }},
		{`"eos_token_id": 5, "vocab_size": 5`, func(c *model.Config) { c.Vocabulary = 5 }},

		// Keys are spelled exactly; another spelling is another key, as in transformers.
		{`"N_LAYER": 3, "n_Head": 5, "Vocab_size": "x", "\u017fcale_attn_weights": false`, func(c *model.Config) {}},
		{`"N_LAYER": 3, "n_layer": 4, "n_Layer": 5`, func(c *model.Config) { c.Layers = 4 }},
		{`"Is_Causal": false, "": 1, " n_layer": 1`, func(c *model.Config) {}},

		// What changes nothing.
		{`"is_causal": true, "add_cross_attention": false, "is_encoder_decoder": false`, func(c *model.Config) {}},
		{`"sliding_window": null, "attention_chunk_size": null, "kv_sharing_modes": null`, func(c *model.Config) {}},
		{`"quantization_config": null, "transformers_weights": null, "configuration_files": null, "fusion_config": null`, func(c *model.Config) {}},
		{`"per_layer_config": { }, "pruned_heads": {}, "auto_map": null`, func(c *model.Config) {}},
		{`"layer_types": null`, func(c *model.Config) {}},
		{`"layer_types": ["full_attention", "full_attention"]`, func(c *model.Config) {}},
		{`"resid_pdrop": 0.1, "summary_type": [1e999], "dtype": "float16", "architectures": ["GPT2ForSequenceClassification"]`, func(c *model.Config) {}},
		{`"task_specific_params": {"n_layer": 3, "n_layer": 4}`, func(c *model.Config) {}},
	} {
		want := gpt2
		c.want(&want)
		got, err := model.ParseConfig(configOf(c.keys))
		if err != nil || !equalConfig(got, want) {
			t.Errorf("%s gives\n%+v, not\n%+v: %v", c.keys, got, want, err)
		}
	}
}

func configOf(keys string) []byte {
	if keys != "" {
		keys = ", " + keys
	}
	return []byte(`{"model_type": "gpt2"` + keys + `}`)
}

// equalConfig takes an empty list for none.
func equalConfig(a, b model.Config) bool {
	sameEnds := slices.Equal(a.EndOfText, b.EndOfText)
	a.EndOfText, b.EndOfText = nil, nil
	return sameEnds && reflect.DeepEqual(a, b)
}

func TestActivations(t *testing.T) {
	for name, want := range map[string]tensor.ActivationFunc{
		"gelu_new": tensor.GELUTanh, "gelu_pytorch_tanh": tensor.GELUTanh, "gelu_fast": tensor.GELUTanh,
		"gelu_python_tanh": tensor.GELUTanh, "gelu_accurate": tensor.GELUTanh,
		"gelu": tensor.GELUErf, "gelu_python": tensor.GELUErf, "relu": tensor.ReLU, "silu": tensor.SiLU, "swish": tensor.SiLU, "tanh": tensor.Tanh,
	} {
		c, err := model.ParseConfig(configOf(fmt.Sprintf(`"activation_function": %q`, name)))
		if err != nil || c.Activation != want || c.ActivationName != name {
			t.Errorf("%s is %v, called %q: %v", name, c.Activation, c.ActivationName, err)
		}
	}
}

// TestRefusedConfigs: what is refused, and the words by which.
func TestRefusedConfigs(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	for _, c := range []struct{ config, want string }{
		{``, `not JSON: unexpected end of JSON input`},
		{"\ufeff{}", `not JSON: invalid character 'ï' looking for beginning of value`},
		{`{`, `not JSON: unexpected end of JSON input`},
		{`{"model_type": "gpt2"} {}`, `not JSON: invalid character '{' after top-level value`},
		{deep, `not JSON: invalid character '[' exceeded max depth`},
		{deep + strings.Repeat("]", len(deep)), `not JSON: invalid character '[' exceeded max depth`},
		{`[]`, `not a JSON object`},
		{`"gpt2"`, `not a JSON object`},
		{`null`, `not a JSON object`},
		{`{}`, `model_type is missing`},
		{`{"model_type": null}`, `model_type is null, not a string`},
		{`{"model_type": ["gpt2"]}`, `model_type is ["gpt2"], not a string`},
		{`{"model_type": "mistral", "sliding_window": 4096}`, `model_type is "mistral", and only gpt2 is known here`},
		{`{"model_type": "GPT2"}`, `model_type is "GPT2", and only gpt2 is known here`},
		{`{"Model_Type": "gpt2"}`, `model_type is missing`},
	} {
		refuses(t, []byte(c.config), c.want)
	}
	for _, c := range []struct{ keys, want string }{
		{`"n_layer": 3, "n_layer": 3`, `"n_layer" is there twice`},
		{`"x\ny": 3, "x\u000ay": 3`, `"x\ny" is there twice`},
		{`"layer_norm_epsilon": NaN`, `not JSON: invalid character 'N' looking for beginning of value`},
		{`"layer_norm_epsilon": Infinity`, `not JSON: invalid character 'I' looking for beginning of value`},
		{`"layer_norm_epsilon": -Infinity`, `not JSON: invalid character 'I' in numeric literal`},

		{`"n_layer": 0`, `n_layer is 0, not in 1..4096`},
		{`"n_layer": -1`, `n_layer is -1, not in 1..4096`},
		{`"n_layer": 1000000000`, `n_layer is 1000000000, not in 1..4096`},
		{`"n_layer": 1e9`, `n_layer is 1e9, not an integer`},
		{`"n_layer": 99999999999999999999`, `n_layer is 99999999999999999999, not an integer`},
		{`"n_layer": 12.0`, `n_layer is 12.0, not an integer`},
		{`"n_layer": "12"`, `n_layer is "12", not an integer`},
		{`"n_layer": true`, `n_layer is true, not an integer`},
		{`"n_layer": null`, `n_layer is null, not an integer`},
		{`"n_layer": {"a":  [1, 2]}`, `n_layer is {"a":[1,2]}, not an integer`},
		{`"n_layer": "` + strings.Repeat("x", 100) + `"`, `n_layer is "` + strings.Repeat("x", 39) + `, not an integer`},
		{"\"n_layer\": \"\u009b31m\"", "n_layer is \"\ufffd31m\", not an integer"},
		{`"num_hidden_layers": 0`, `n_layer is 0, not in 1..4096`},
		{`"num_hidden_layers": "3"`, `num_hidden_layers is "3", not an integer`},
		{`"n_layer": 3, "num_hidden_layers": 4`, `n_layer is 3 but num_hidden_layers, another name for it, is 4`},
		{`"n_head": 0`, `n_head is 0, not in 1..131072`},
		{`"n_head": 7`, `n_embd 768 is not divisible by n_head 7`},
		{`"n_head": 5, "n_embd": 36`, `n_embd 36 is not divisible by n_head 5`},
		{`"n_head": 769`, `n_embd 768 is not divisible by n_head 769`},
		{`"n_head": 3, "num_attention_heads": 4`, `n_head is 3 but num_attention_heads, another name for it, is 4`},
		{`"n_embd": 0`, `n_embd is 0, not in 1..131072`},
		{`"n_embd": 131073`, `n_embd is 131073, not in 1..131072`},
		{`"n_embd": 12, "hidden_size": 24`, `n_embd is 12 but hidden_size, another name for it, is 24`},
		{`"n_inner": 0`, `n_inner is 0, not in 1..524288`},
		{`"n_inner": -4`, `n_inner is -4, not in 1..524288`},
		{`"n_inner": 33.0`, `n_inner is 33.0, not an integer`},
		{`"n_positions": 0`, `n_positions is 0, not in 1..1048576`},
		{`"n_positions": null`, `n_positions is null, not an integer`},
		{`"n_positions": 12, "max_position_embeddings": 24`, `n_positions is 12 but max_position_embeddings, another name for it, is 24`},
		{`"n_positions": 64, "n_ctx": 32`, `n_ctx 32 differs from n_positions 64`},
		{`"max_position_embeddings": 64, "n_ctx": 32`, `n_ctx 32 differs from n_positions 64`},
		{`"n_ctx": "32"`, `n_ctx is "32", not an integer`},
		{`"vocab_size": 0`, `vocab_size is 0, not in 1..16777216`},
		{`"vocab_size": null`, `vocab_size is null, not an integer`},

		{`"layer_norm_epsilon": -1e-5`, `layer_norm_epsilon -1e-05 is not a small positive number`},
		{`"layer_norm_epsilon": 1e39`, `layer_norm_epsilon 1e+39 is not a small positive number`},
		{`"layer_norm_epsilon": 1e999`, `layer_norm_epsilon is 1e999, not a number`},
		{`"layer_norm_epsilon": {"__float__": "Infinity"}`, `layer_norm_epsilon is {"__float__":"Infinity"}, not a number`},
		{`"layer_norm_epsilon": null`, `layer_norm_epsilon is null, not a number`},
		{`"scale_attn_weights": null`, `scale_attn_weights is null, not true or false`},
		{`"scale_attn_weights": 0`, `scale_attn_weights is 0, not true or false`},
		{`"scale_attn_by_inverse_layer_idx": 1`, `scale_attn_by_inverse_layer_idx is 1, not true or false`},
		{`"reorder_and_upcast_attn": "no"`, `reorder_and_upcast_attn is "no", not true or false`},
		{`"tie_word_embeddings": null`, `tie_word_embeddings is null, not true or false`},
		{`"bos_token_id": [1]`, `bos_token_id is [1], not an integer`},
		{`"eos_token_id": "1"`, `eos_token_id is "1", not a token id or a list of them`},
		{`"eos_token_id": [1.5]`, `eos_token_id is [1.5], not a token id or a list of them`},
		{`"eos_token_id": [null]`, `eos_token_id is [null], not a token id or a list of them`},
		{`"eos_token_id": [[1]]`, `eos_token_id is [[1]], not a token id or a list of them`},
		{`"eos_token_id": {}`, `eos_token_id is {}, not a token id or a list of them`},

		{`"activation_function": null`, `activation_function is null, not a string`},
		{`"activation_function": ""`, `activation_function "" is not known; known are gelu, gelu_accurate, gelu_fast, gelu_new, gelu_python, gelu_python_tanh, gelu_pytorch_tanh, relu, silu, swish, tanh`},

		{`"is_causal": false`, `is_causal is false, which is not supported`},
		{`"is_causal": null`, `is_causal is null, which is not supported`},
		{`"is_causal": 0`, `is_causal is 0, which is not supported`},
		{`"add_cross_attention": true`, `add_cross_attention is true, which is not supported`},
		{`"is_encoder_decoder": true`, `is_encoder_decoder is true, which is not supported`},
		{`"sliding_window": 128`, `sliding_window is 128, which is not supported`},
		{`"attention_chunk_size": 128`, `attention_chunk_size is 128, which is not supported`},
		{`"kv_sharing_modes": []`, `kv_sharing_modes is [], which is not supported`},
		{`"per_layer_config": {"0": {}}`, `per_layer_config is {"0":{}}, which is not supported`},
		{`"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 128}`, `quantization_config is {"quant_method":"gptq","bits":4,"group_s, which is not supported`},
		{`"transformers_weights": "other.safetensors"`, `transformers_weights is "other.safetensors", which is not supported`},
		{`"configuration_files": []`, `configuration_files is [], which is not supported`},
		{`"fusion_config": {}`, `fusion_config is {}, which is not supported`},
		{`"auto_map": {"AutoModel": "x.Y"}`, `auto_map is {"AutoModel":"x.Y"}, which is not supported`},
		{`"pruned_heads": {"0": [1]}`, `pruned_heads is {"0":[1]}, which is not supported`},
		{`"layer_types": "full_attention"`, `layer_types is "full_attention", and only full_attention is supported`},
		{`"layer_types": ["full_attention", "sliding_attention"]`, `layer_types is ["full_attention","sliding_attention"], and only full_attention is supported`},
		{`"layer_types": ["full_attention", 1]`, `layer_types is ["full_attention",1], and only full_attention is supported`},
	} {
		refuses(t, configOf(c.keys), c.want)
	}
	for _, name := range []string{"GELU", "gelu_10", "gelu_tanh", "quick_gelu", "hardswish", "laplace", "leaky_relu",
		"linear", "mish", "prelu", "xielu", "relu2", "relu6", "sigmoid", "sqrtsoftplus"} {
		refuses(t, configOf(fmt.Sprintf(`"activation_function": %q`, name)), fmt.Sprintf("activation_function %q is not known", name))
	}
}

// refuses fails if config is accepted, or refused with other words at the beginning.
func refuses(t *testing.T, config []byte, want string) {
	t.Helper()
	c, err := model.ParseConfig(config)
	switch {
	case err == nil:
		t.Errorf("%.80s is accepted as %+v", config, c)
	case !strings.HasPrefix(err.Error(), "config.json: "+want):
		t.Errorf("%.80s is refused with\n%v, not\n%v", config, err, want)
	case !equalConfig(c, model.Config{}):
		t.Errorf("%.80s is refused, yet gives %+v", config, c)
	}
}

// FuzzConfig: no input makes ParseConfig panic; what it accepts can be run, and the same values
// written anew are accepted as the same.
func FuzzConfig(f *testing.F) {
	recorded, err := filepath.Glob("testdata/reference/*/config.json")
	if err != nil || len(recorded) == 0 {
		f.Fatalf("no recorded checkpoints: %v", err)
	}
	for _, path := range recorded {
		config, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(config)
	}
	f.Add(configOf(`"N_LAYER": 1, "n_layer": 2, "hidden_size": 12, "eos_token_id": [1, 2], "bos_token_id": null`))
	f.Add(configOf(`"n_layer": NaN, "layer_types": [], "sliding_window": null`))
	f.Fuzz(func(t *testing.T, config []byte) {
		c, err := model.ParseConfig(config)
		if err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "config.json: ") || strings.ContainsAny(text, "\n\r\x1b") {
				t.Errorf("the error is %q", text)
			}
			return
		}
		if c.Layers < 1 || c.Heads < 1 || c.Width%c.Heads != 0 || c.HeadSize() < 1 || c.Inner < 1 || c.Positions < 1 ||
			c.Vocabulary < 1 || c.Begin < -1 || c.Begin >= c.Vocabulary || !(c.Epsilon >= 0) || c.Parameters() < 1 {
			t.Fatalf("accepted as %+v", c)
		}
		for _, id := range c.EndOfText {
			if id < 0 || id >= c.Vocabulary {
				t.Fatalf("a text ends with %d of %d ids", id, c.Vocabulary)
			}
		}
		again, err := json.Marshal(keysOf(c))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := model.ParseConfig(again); err != nil || !equalConfig(got, c) {
			t.Fatalf("%s is read as\n%+v, not\n%+v: %v", again, got, c, err)
		}
	})
}

// keysOf has a Config's values by the keys of config.json.
func keysOf(c model.Config) map[string]any {
	keys := map[string]any{
		"model_type": "gpt2", "n_layer": c.Layers, "n_head": c.Heads, "n_embd": c.Width, "n_inner": c.Inner,
		"n_positions": c.Positions, "vocab_size": c.Vocabulary,
		"activation_function": c.ActivationName, "layer_norm_epsilon": c.Epsilon,
		"scale_attn_weights": c.ScaleByHead, "scale_attn_by_inverse_layer_idx": c.ScaleByLayer,
		"tie_word_embeddings": c.Tied, "eos_token_id": c.EndOfText, "bos_token_id": c.Begin,
	}
	maps.DeleteFunc(keys, func(_ string, v any) bool { return v == -1 })
	return keys
}

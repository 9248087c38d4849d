package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// refused are the keys that change the result in ways that are not built, unless they have a
// value that changes nothing.
var refused = map[string][]string{
	"is_causal":            {"true"}, // transformers takes null for false
	"add_cross_attention":  {"false", "null"},
	"is_encoder_decoder":   {"false", "null"},
	"sliding_window":       {"null"},
	"attention_chunk_size": {"null"},
	"kv_sharing_modes":     {"null"},
	"per_layer_config":     {"null", "{}"},
	"quantization_config":  {"null"},
	"transformers_weights": {"null"},
	"configuration_files":  {"null"},
	"fusion_config":        {"null"},
	"auto_map":             {"null", "{}"},
	"pruned_heads":         {"null", "{}"},
}

// refuse refuses the first of those keys.
func (d *document) refuse() error {
	for _, key := range slices.Sorted(maps.Keys(refused)) {
		if d.has(key) && !slices.Contains(refused[key], d.text(key)) {
			return fmt.Errorf("%s is %s, which is not supported", key, d.text(key))
		}
	}
	if d.has("layer_types") && !fullAttention(d.values["layer_types"]) {
		return fmt.Errorf("layer_types is %s, and only full_attention is supported", d.text("layer_types"))
	}
	return nil
}

// fullAttention tells whether layer_types is null, or has nothing but layers that see all.
func fullAttention(value json.RawMessage) bool {
	var types []string
	return json.Unmarshal(value, &types) == nil &&
		!slices.ContainsFunc(types, func(t string) bool { return t != "full_attention" })
}

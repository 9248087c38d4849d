package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// plain says in the file's words what encoding/json says in Go's.
func plain(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return fmt.Errorf("%s is a %s, not what it should be", kind.Field, kind.Value)
	}
	return fmt.Errorf("not JSON as it should be: %w", err)
}

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
	"auto_map":             {"null", "{}"},
	"pruned_heads":         {"null", "{}"},
}

// refuse checks config.json as a whole: one object, no key twice, no key that is refused.
func refuse(data []byte) error {
	if !json.Valid(data) {
		return plain(json.Unmarshal(data, new(any)))
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return plain(err)
		}
		key := token.(string)
		if seen[key] {
			return fmt.Errorf("%s is there twice", key)
		}
		seen[key] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return plain(err)
		}
		harmless, listed := refused[key]
		compact := string(bytes.Join(bytes.Fields(value), nil))
		if listed && !slices.Contains(harmless, compact) {
			return fmt.Errorf("%s is %.40s, which is not supported", key, compact)
		}
		if key == "layer_types" && !fullAttention(value) {
			return fmt.Errorf("layer_types is %.60s, and only full_attention is supported", compact)
		}
	}
	return nil
}

// fullAttention tells whether layer_types is null, or has nothing but layers that see all.
func fullAttention(value json.RawMessage) bool {
	var types []string
	return json.Unmarshal(value, &types) == nil &&
		!slices.ContainsFunc(types, func(t string) bool { return t != "full_attention" })
}

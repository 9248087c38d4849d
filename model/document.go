package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A document is the object that a config.json is. It keeps the first error, so that what is read
// from it can be written down without checks.
type document struct {
	values map[string]json.RawMessage
	err    error
}

// nullable are the keys for which null is as good as nothing. For others it is an error in
// transformers, or was false once.
var nullable = []string{"n_inner", "n_ctx", "bos_token_id", "eos_token_id"}

// parseDocument splits data into its keys, exactly as they are spelled, and refuses one that is
// there twice: readers differ on which of the two counts.
func parseDocument(data []byte) (*document, error) {
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	in := json.NewDecoder(bytes.NewReader(data))
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	d := &document{values: map[string]json.RawMessage{}}
	for in.More() {
		token, err := in.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return nil, err
		}
		key := token.(string)
		if d.has(key) {
			return nil, fmt.Errorf("%.40q is there twice", key)
		}
		d.values[key] = value
	}
	for _, key := range nullable {
		if string(d.values[key]) == "null" {
			delete(d.values, key)
		}
	}
	return d, nil
}

func (d *document) has(key string) bool {
	_, there := d.values[key]
	return there
}

// read is the value of key, or standard where there is none.
func read[T any](d *document, key string, standard T) T {
	if !d.has(key) || d.err != nil {
		return standard
	}
	var value *T
	if err := json.Unmarshal(d.values[key], &value); err != nil || value == nil {
		d.err = fmt.Errorf("%s is %s, not %s", key, d.text(key), kind(standard))
		return standard
	}
	return *value
}

// dimension is the value of key, which has another name, if not "", and is at least 1.
func (d *document) dimension(key, alias string, standard, most int) int {
	n := read(d, key, standard)
	if alias != "" && d.has(alias) {
		other := read(d, alias, n)
		if d.has(key) && other != n && d.err == nil {
			d.err = fmt.Errorf("%s is %d but %s, another name for it, is %d", key, n, alias, other)
		}
		n = other
	}
	if d.err == nil && (n < 1 || n > most) {
		d.err = fmt.Errorf("%s is %d, not in 1..%d", key, n, most)
	}
	return n
}

// text is the beginning of the value of key, without white space and what terminals act on.
func (d *document) text(key string) string {
	return fmt.Sprintf("%.40s", strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, string(d.values[key])))
}

// kind says in words what JSON a value of v's type is.
func kind(v any) string {
	switch v.(type) {
	case int:
		return "an integer"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case tokenIDs:
		return "a token id or a list of them"
	default:
		return "a string"
	}
}

// tokenIDs is a number or a list of numbers.
type tokenIDs []int

func (t *tokenIDs) UnmarshalJSON(b []byte) error {
	if b[0] != '[' {
		b = slices.Concat([]byte("["), b, []byte("]"))
	}
	var list []*int
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	for _, id := range list {
		if id == nil {
			return errors.New("null is no token id")
		}
		*t = append(*t, *id)
	}
	return nil
}

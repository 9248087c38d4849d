package weights

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzHeader reads any bytes as a safetensors file. What is accepted keeps the format's promises.
func FuzzHeader(f *testing.F) {
	for _, odd := range oddFiles {
		f.Add(odd.file)
	}
	fixture, err := os.ReadFile("testdata/dtypes.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(fixture)
	f.Fuzz(func(t *testing.T, file []byte) {
		before := slices.Clone(file)
		h, err := parseSafetensors(file)
		tensors := h.tensors
		if !slices.Equal(before, file) {
			t.Fatal("the file was changed")
		}
		if err != nil {
			if len(tensors) > 0 || err.Error() == "" || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%d tensors and the error %q", len(tensors), err)
			}
			return
		}
		if len(tensors) == 0 {
			t.Fatal("no tensor")
		}
		at, names := tensors[0].begin, map[string]bool{}
		for _, tensor := range tensors {
			n := dtypes[tensor.DType].bytes
			for _, d := range tensor.Shape {
				n *= d
			}
			if tensor.begin != at || tensor.end-tensor.begin != n || tensor.Bytes != int64(n) || names[tensor.Name] {
				t.Fatalf("%+v at %d of %d bytes", tensor, at, len(file))
			}
			at, names[tensor.Name] = tensor.end, true
			if e := newStoredElements(dtypes[tensor.DType], file, tensor.begin, tensor.end, false); e != nil {
				e.Read(make([]float32, n/dtypes[tensor.DType].bytes), 0)
			}
		}
		if at != len(file) {
			t.Fatalf("the last tensor ends at %d of %d bytes", at, len(file))
		}
		var header map[string]any
		if err := json.Unmarshal(file[lengthBytes:tensors[0].begin], &header); err != nil {
			t.Fatalf("encoding/json reads the header otherwise: %v", err)
		}
		delete(header, "__metadata__")
		if len(header) != len(tensors) {
			t.Fatalf("encoding/json sees %d tensors, we %d", len(header), len(tensors))
		}
	})
}

// FuzzScan holds the scanner to encoding/json: what it accepts is valid there and stands for the same, and what
// it rejects is not, except for what it is stricter about.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `""`, `0`, `-0.5e+7`, `1E-2`, `true`, `false`, `null`, `{"a":[{"b":"\u00e9\ud83d\ude00\\\/"}],"c":-1}`,
		`"\"\\\/\b\f\n\r\t\u0000\u000Ae\u00e9é\ud83d\ude00\udbff\udfff\ue000b"`, `"\\\\u0041"`,
		`01`, `1.`, `.5`, `+1`, `1e`, `-`, `tru`, `"\x"`, `"\ud800"`, `[1,]`, `{"a":1,"a":2}`, "\"\t\"", " \t\r\n1 ", "1 1", `{"a"}`, `[`, `"`, "\xff",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := newScanner(text)
		if err == nil {
			err = s.skipValue()
		}
		if err == nil && len(s.rest()) > 0 {
			err = s.errorf("more follows")
		}
		if err == nil && !json.Valid(text) {
			t.Fatal("accepted, but not valid")
		}
		if quoted := bytes.TrimSpace(text); err == nil && quoted[0] == '"' {
			var want string
			if err := json.Unmarshal(quoted, &want); err != nil || unquote(quoted) != want {
				t.Fatalf("%s stands for %q, encoding/json says %q, %v", quoted, unquote(quoted), want, err)
			}
		}
		if err != nil && json.Valid(text) && utf8.Valid(text) {
			stricter := []string{"stands twice", "a lone surrogate", "nested deeper", "a string longer", "names"}
			if !slices.ContainsFunc(stricter, func(reason string) bool { return strings.Contains(err.Error(), reason) }) {
				t.Fatalf("valid, but rejected: %v", err)
			}
		}
	})
}

// FuzzIndex reads any bytes as an index of shards. What is accepted stays inside its folder.
func FuzzIndex(f *testing.F) {
	index, err := os.ReadFile("testdata/sharded/model.safetensors.index.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(index)
	f.Add([]byte(`{"weight_map":{"a":"../a.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"a\\..\\..\\b.safetensors"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		shardOf, err := parseIndex(text, ".safetensors")
		if err != nil {
			return
		}
		for _, shard := range shardOf {
			if strings.HasPrefix(shard, "/") || slices.Contains(strings.FieldsFunc(shard, func(r rune) bool { return r == '/' || r == '\\' }), "..") {
				t.Fatalf("%q leads outside", shard)
			}
		}
	})
}

// FuzzGGUF reads any bytes as a model in GGUF. What is accepted has a config.json and, if it says so, a
// tokenizer.json that are JSON.
func FuzzGGUF(f *testing.F) {
	for _, change := range []map[string]any{nil, {"split.count": uint32(2)}, {
		"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.add_space_prefix": true, "tokenizer.ggml.bos_token_id": uint32(2),
		"tokenizer.ggml.tokens": []string{"a", "b\n", "\"<|x|>"}, "tokenizer.ggml.merges": []string{"a b"}, "tokenizer.ggml.token_type": []int32{1, 5, 3},
	}} {
		f.Add(smallGGUFFile(f, change))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		parsed, err := parseGGUF(file)
		if err != nil {
			return
		}
		config, err := ggufConfig(parsed, file)
		if err == nil && !json.Valid(config) {
			t.Fatalf("the configuration is %s", config)
		}
		words, err := ggufTokenizer(parsed)
		if err != nil || words == nil {
			return
		}
		if document := words.(folderOf)["tokenizer.json"]; !json.Valid(document) || len(document) > maxTokenizerBytes+1<<20 {
			t.Fatalf("the tokenizer has %d bytes and is JSON: %v", len(document), json.Valid(document))
		}
	})
}

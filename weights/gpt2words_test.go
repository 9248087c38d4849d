package weights

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/tokenizer"
)

// TestGPT2Words holds the embedded vocabulary to OpenAI's files: vocab.bpe to the byte, and the
// tokens of encoder.json, in the order of their ids, by a hash that was taken of them.
func TestGPT2Words(t *testing.T) {
	merges, err := fs.ReadFile(gpt2Words(), "merges.txt")
	if err != nil {
		t.Fatal(err)
	}
	hash := func(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }
	if got := hash(merges); got != "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5" {
		t.Errorf("vocab.bpe has the hash %s", got)
	}
	vocab, err := fs.ReadFile(gpt2Words(), "vocab.json")
	if err != nil {
		t.Fatal(err)
	}
	var ids map[string]int
	if err := json.Unmarshal(vocab, &ids); err != nil {
		t.Fatal(err)
	}
	tokens := make([]string, len(ids))
	for token, id := range ids {
		tokens[id] = token
	}
	if got := hash([]byte(strings.Join(tokens, "\n"))); got != "e35a33a0b2250c932ffdafc4c3a3552aef0cc7af7a11e9ebfddf1d2a6517371f" {
		t.Errorf("the tokens of encoder.json have the hash %s", got)
	}
	opened, err := tokenizer.Open(gpt2Words())
	if err != nil {
		t.Fatal(err)
	}
	// From the README of GPT-2's tokenizer in transformers and from tiktoken's tests.
	for text, want := range map[string][]int{"Hello world": {15496, 995}, " Hello world": {18435, 995}, "hello <|endoftext|>": {31373, 220, 50256}} {
		if got := opened.Encode(text); !slices.Equal(got, want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}

	const dir = "../../shared/data/gpt2-tokenizer"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("OpenAI's files are not there:", err)
	}
	theirs, err := os.ReadFile(filepath.Join(dir, "encoder.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]int
	if err := json.Unmarshal(theirs, &want); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(want, ids) {
		t.Error("the tokens differ from those of encoder.json")
	}
	if bpe, err := os.ReadFile(filepath.Join(dir, "vocab.bpe")); err != nil || !bytes.Equal(bpe, merges) {
		t.Errorf("vocab.bpe differs: %v", err)
	}
}

// TestBuiltInTokenizer: weights in one file, with no tokenizer beside them, get GPT-2's own if they
// have as many tokens. What is there, whatever it is, wins; a folder without one has none.
func TestBuiltInTokenizer(t *testing.T) {
	weightsOf := func(tokens int) string {
		return string(writeSafetensors([]namedData{{TensorInfo{Name: "transformer.wte.weight", DType: "F16", Shape: []int{tokens, 1}}, make([]byte, 2*tokens)}}))
	}
	files := map[string]string{"config.json": "{}", "model.safetensors": weightsOf(50257)}
	beside := map[string]string{"tokenizer.json": "{}"}
	for _, c := range []struct {
		name  string
		files map[string]string
		more  map[string]string
		open  string
		want  bool
	}{
		{"bare", files, nil, "model.safetensors", true},
		{"folder", files, nil, "", false},
		{"beside", files, beside, "model.safetensors", false},
		{"broken beside", files, map[string]string{"vocab.json/x": ""}, "model.safetensors", false},
		{"other vocabulary", map[string]string{"config.json": "{}", "model.safetensors": weightsOf(50258)}, nil, "model.safetensors", false},
	} {
		all := map[string]string{}
		for _, files := range []map[string]string{c.files, c.more} {
			for name, content := range files {
				all[name] = content
			}
		}
		path := filepath.Join(folder(t, all), c.open)
		opened := open(t, path)
		alone, err := Tokenizer(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, files := range []fs.FS{opened.Tokenizer(), alone} {
			_, err := fs.Stat(files, "merges.txt")
			if got := err == nil; got != c.want || opened.BuiltInTokenizer() != c.want {
				t.Errorf("%s: GPT-2's own: %v, it says %v, want %v", c.name, got, opened.BuiltInTokenizer(), c.want)
			}
		}
	}
	for rows, want := range map[int]bool{50257: true, 3: false} {
		c := open(t, smallGGUF(t, map[string]any{"shape": []int{rows, 4}}))
		if c.BuiltInTokenizer() != want || (c.Tokenizer() != nil) != want {
			t.Errorf("GGUF of %d tokens without a tokenizer: %v", rows, c.BuiltInTokenizer())
		}
	}
}

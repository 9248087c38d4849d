package weights

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/gptmeter/gptmeter/weights/filetest"
	"github.com/gptmeter/gptmeter/weights/gguf"
)

// fixtureTensors are the tensors of testdata/gguf, by GPT2Model's names and shapes.
var fixtureTensors = map[string][]int{
	"wte.weight": {288, 32}, "wpe.weight": {24, 32}, "ln_f.weight": {32}, "ln_f.bias": {32},
	"h.0.ln_1.weight": {32}, "h.0.ln_1.bias": {32}, "h.0.ln_2.weight": {32}, "h.0.ln_2.bias": {32},
	"h.0.attn.c_attn.weight": {32, 96}, "h.0.attn.c_attn.bias": {96}, "h.0.attn.c_proj.weight": {32, 32}, "h.0.attn.c_proj.bias": {32},
	"h.0.mlp.c_fc.weight": {32, 128}, "h.0.mlp.c_fc.bias": {128}, "h.0.mlp.c_proj.weight": {128, 32}, "h.0.mlp.c_proj.bias": {32},
}

// TestGGUF opens files that llama.cpp's own converter and quantiser have written, and compares them
// with the model that these were given.
func TestGGUF(t *testing.T) {
	want := open(t, "testdata/gguf/hf")
	for name, differs := range map[string]func(shape []int, got, want []float32) bool{
		"f32": func(_ []int, got, want []float32) bool { return !slices.Equal(got, want) },
		"f16": func(shape []int, got, want []float32) bool {
			rounded := slices.Clone(want)
			if len(shape) == 2 && shape[0] != 24 { // vectors and positions stay in float32
				gguf.F16.Decoder()(rounded, gguf.F16.Encode(nil, want))
			}
			return !slices.Equal(got, rounded)
		},
		"q8_0": func(_ []int, got, want []float32) bool { // half a step of the largest, and float16's rounding of it
			largest := max(slices.Max(want), -slices.Min(want))
			for i := range got {
				if math.Abs(float64(got[i]-want[i])) > float64(largest)/127*(0.5+1.0/16) {
					return true
				}
			}
			return false
		},
	} {
		c := open(t, "testdata/gguf/"+name+".gguf")
		if n := len(c.Tensors()); n != len(fixtureTensors) {
			t.Errorf("%s has %d tensors, want %d", name, n, len(fixtureTensors))
		}
		for tensorName, shape := range fixtureTensors {
			expected := readAll(t, want, tensorName, shape...)
			if differs(shape, readAll(t, c, tensorName, shape...), expected) {
				t.Errorf("%s: %s differs", name, tensorName)
			}
			e, _ := c.Tensor(tensorName, shape...)
			transposed, ok := e.(tensor.Transposed)
			if linear := strings.Contains(tensorName, ".c_") && len(shape) == 2; ok != linear {
				t.Errorf("%s: %s is transposed: %v", name, tensorName, ok)
			}
			if !ok {
				continue
			}
			got, again := make([]float32, len(expected)), make([]float32, len(expected))
			transposed.Transpose().Read(got, 0)
			for i := range got {
				again[i%shape[0]*shape[1]+i/shape[0]] = got[i]
			}
			if differs(shape, again, expected) {
				t.Errorf("%s: the transpose of %s differs", name, tensorName)
			}
		}
		checkGGUFConfig(t, c, want)
		checkTokenizer(t, c)
	}
}

func checkGGUFConfig(t *testing.T, c, want *Checkpoint) {
	t.Helper()
	var got, all map[string]any
	for text, to := range map[*Checkpoint]*map[string]any{c: &got, want: &all} {
		if err := json.Unmarshal(text.Config(), to); err != nil {
			t.Fatal(err)
		}
	}
	all["n_inner"] = 4 * all["n_embd"].(float64)
	for key := range got {
		if key != "architectures" && got[key] != all[key] {
			t.Errorf("%s: %s is %v, want %v", c.Name(), key, got[key], all[key])
		}
	}
	if len(got) != 13 {
		t.Errorf("%s: config.json has %d keys: %s", c.Name(), len(got), c.Config())
	}
}

// checkTokenizer holds the tokenizer of the fixture to the ids that transformers gave.
func checkTokenizer(t *testing.T, c *Checkpoint) {
	t.Helper()
	alone, err := Tokenizer(c.Name())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/gguf/ids.json")
	if err != nil {
		t.Fatal(err)
	}
	var ids map[string][]int
	if err := json.Unmarshal(text, &ids); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []any{c.Tokenizer(), alone} {
		opened, err := tokenizer.Open(folder.(folderOf))
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range ids {
			if got := opened.Encode(text); !slices.Equal(got, want) {
				t.Errorf("%s: %q is %v, want %v", c.Name(), text, got, want)
			}
		}
		if opened.Size() != 281 || !opened.Special(0) || opened.Special(280) {
			t.Errorf("%s: the tokenizer has %d ids; 0 is special: %v; 280: %v", c.Name(), opened.Size(), opened.Special(0), opened.Special(280))
		}
	}
}

// smallGGUF is the path of a file with the metadata of a model and its embedding, changed.
func smallGGUF(t *testing.T, change map[string]any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.gguf")
	if err := os.WriteFile(path, smallGGUFFile(t, change), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func smallGGUFFile(t testing.TB, change map[string]any) []byte {
	t.Helper()
	metadata := map[string]any{
		"general.architecture": "gpt2", "gpt2.block_count": uint32(1), "gpt2.context_length": uint32(8), "gpt2.embedding_length": uint32(4),
		"gpt2.feed_forward_length": uint32(16), "gpt2.attention.head_count": uint32(2), "gpt2.attention.layer_norm_epsilon": float32(1e-5),
	}
	shape := []int{3, 4}
	for key, value := range change {
		switch {
		case key == "shape":
			shape = value.([]int)
		case value == nil:
			delete(metadata, key)
		default:
			metadata[key] = value
		}
	}
	var pairs []gguf.Pair
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		pairs = append(pairs, gguf.Pair{Key: key, Value: metadata[key]})
	}
	var f bytes.Buffer
	n := 4
	for _, d := range shape {
		n *= d
	}
	if err := gguf.Write(&f, pairs, []gguf.Source{{Name: "token_embd.weight", Shape: shape, Write: func(w io.Writer) error {
		_, err := w.Write(make([]byte, n))
		return err
	}}}); err != nil {
		t.Fatal(err)
	}
	return f.Bytes()
}

func TestGGUFRefuses(t *testing.T) {
	words := func(change map[string]any) map[string]any {
		all := map[string]any{"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": []string{"a", "b", "ab"}, "tokenizer.ggml.merges": []string{"a b"},
			"tokenizer.ggml.token_type": []int32{1, 1, 3}}
		for key, value := range change {
			all[key] = value
		}
		return all
	}
	for _, c := range []struct {
		change map[string]any
		want   string // "" where it is opened
	}{
		{nil, ""},
		{map[string]any{"general.architecture": "llama"}, `general.architecture is "llama", and only gpt2 is known here`},
		{map[string]any{"general.architecture": nil}, `general.architecture is ""`},
		{map[string]any{"general.architecture": uint32(2)}, "general.architecture is of uint32, not a string"},
		{map[string]any{"general.type": "adapter"}, `general.type is "adapter", not a model`},
		{map[string]any{"split.count": uint32(3)}, "split.count is 3: it is one part of a model"},
		{map[string]any{"gpt2.attention.causal": false}, "gpt2.attention.causal is false"},
		{map[string]any{"gpt2.attention.head_count_kv": uint32(1)}, "gpt2.attention.head_count_kv is 1 of 2 heads"},
		{map[string]any{"gpt2.attention.head_count": nil}, "gpt2.attention.head_count is missing"},
		{map[string]any{"gpt2.attention.layer_norm_epsilon": nil}, "gpt2.attention.layer_norm_epsilon is missing"},
		{map[string]any{"gpt2.attention.layer_norm_epsilon": uint32(1)}, "layer_norm_epsilon is of uint32, not a float32"},
		{map[string]any{"gpt2.block_count": "1"}, "gpt2.block_count is of string, not an integer"},
		{map[string]any{"gpt2.context_length": []int32{1}}, "gpt2.context_length is an array of int32, not an integer"},
		{map[string]any{"shape": []int{12}}, `tensor "token_embd.weight" is missing, or no matrix`},
		{words(nil), ""},
		{map[string]any{"tokenizer.ggml.model": "none"}, ""},
		{map[string]any{"tokenizer.ggml.model": "llama"}, `tokenizer.ggml.model is "llama", and only gpt2`},
		{map[string]any{"tokenizer.ggml.model": uint32(1)}, "tokenizer.ggml.model is of uint32"},
		{words(map[string]any{"tokenizer.ggml.pre": "gpt-2"}), ""},
		{words(map[string]any{"tokenizer.ggml.pre": "llama-bpe"}), `tokenizer.ggml.pre is "llama-bpe", which cuts text otherwise`},
		{map[string]any{"tokenizer.ggml.model": "gpt2"}, "tokenizer.ggml.tokens is missing"},
		{words(map[string]any{"tokenizer.ggml.merges": uint32(1)}), "tokenizer.ggml.merges is of uint32, not an array of strings"},
		{words(map[string]any{"tokenizer.ggml.tokens": []string{"a", "\xff", "b"}}), "tokenizer.ggml.tokens: string 1 is not valid UTF-8"},
		{words(map[string]any{"tokenizer.ggml.tokens": []string{"a"}}), "tokenizer.ggml.token_type has 3 elements for 1 tokens"},
		{words(map[string]any{"tokenizer.ggml.token_type": []int32{1}}), "tokenizer.ggml.tokens: string 1: longer than tokenizer.ggml.token_type"},
		{words(map[string]any{"tokenizer.ggml.token_type": "normal"}), "string 0: tokenizer.ggml.token_type is of string, not an array"},
	} {
		path := smallGGUF(t, c.change)
		got, err := Open(path)
		if err == nil {
			got.Close()
		}
		if (err == nil) != (c.want == "") || err != nil && (!strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: error is %v, want %q", c.change, err, c.want)
		}
	}
	cut := filepath.Join(t.TempDir(), "cut.gguf")
	whole, err := os.ReadFile("testdata/gguf/f32.gguf")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, whole[:len(whole)-100], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(cut); err == nil || !strings.Contains(hintOf(err), "download or copy it again") {
		t.Errorf("the hint of %v is %q", err, hintOf(err))
	}
}

// TestUnusedTokens are not in the tokenizer: they stand for no text.
func TestUnusedTokens(t *testing.T) {
	c := open(t, smallGGUF(t, map[string]any{"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": []string{"a", "[PAD1]", "b"},
		"tokenizer.ggml.merges": []string{}, "tokenizer.ggml.token_type": []int32{1, 5, 1}}))
	opened, err := tokenizer.Open(c.Tokenizer())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := opened.ID("[PAD1]"); ok || opened.Size() != 3 || opened.Token(2) != "b" {
		t.Errorf("%d ids; [PAD1] is one: %v", opened.Size(), ok)
	}
}

// TestHostileTokenizerMemory gives tokenizers of as many words as a file can have.
func TestHostileTokenizerMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads tokenizers of 131072 words")
	}
	const many, most = 1 << 17, 56 << 20
	words := func(n int) []string {
		words := make([]string, n)
		for i := range words {
			words[i] = fmt.Sprintf("%0100d", i)
		}
		return words
	}
	for name, make := range map[string]func() map[string]any{
		"tokens": func() map[string]any {
			return map[string]any{"tokenizer.ggml.tokens": words(many), "tokenizer.ggml.merges": []string{}}
		},
		"added": func() map[string]any {
			return map[string]any{"tokenizer.ggml.tokens": words(many), "tokenizer.ggml.token_type": slices.Repeat([]int32{tokenControl}, many), "tokenizer.ggml.merges": []string{}}
		},
		"merges": func() map[string]any {
			return map[string]any{"tokenizer.ggml.tokens": []string{}, "tokenizer.ggml.merges": words(many)}
		},
		"one long": func() map[string]any {
			return map[string]any{"tokenizer.ggml.tokens": []string{strings.Repeat("x", 15<<20)}, "tokenizer.ggml.merges": []string{}}
		},
		"too many": func() map[string]any {
			return map[string]any{"tokenizer.ggml.tokens": slices.Repeat([]string{"x"}, maxTokens+1), "tokenizer.ggml.merges": []string{}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			change := make()
			change["tokenizer.ggml.model"] = "gpt2"
			path := smallGGUF(t, change)
			change = nil
			err := filetest.HeapGrowth(t, most, func() error {
				_, err := Open(path)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "more than ") {
				t.Errorf("error is %v", err)
			}
		})
	}
}

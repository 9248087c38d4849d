package weights

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/gptmeter/gptmeter/weights/gguf"
)

// fixtureExport is of testdata/gguf, as config.json describes it.
func fixtureExport(c *Checkpoint) *Export {
	return &Export{From: c, Layers: 1, Heads: 2, Width: 32, Inner: 128, Positions: 24, Vocabulary: 288, Epsilon: 2e-5, Tied: true}
}

// singleExport is of testdata/single and testdata/torch.
func singleExport(c *Checkpoint) *Export {
	return &Export{From: c, Layers: 2, Heads: 3, Width: 12, Inner: 48, Positions: 8, Vocabulary: 19, Epsilon: 1e-5, Tied: true}
}

func exportGGUF(t *testing.T, e *Export, words *Words) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := e.WriteGGUF(t.Context(), &file, words); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestExportGGUF: what is written is what llama.cpp's own converter writes, but for the model's name
// and size in words.
func TestExportGGUF(t *testing.T) {
	c := open(t, "testdata/gguf/hf")
	words, err := tokenizer.ReadWords(c.Tokenizer())
	if err != nil {
		t.Fatal(err)
	}
	for name, dtype := range map[string]string{"f32": "", "f16": "F16"} {
		file, err := os.ReadFile("testdata/gguf/" + name + ".gguf")
		if err != nil {
			t.Fatal(err)
		}
		want, err := gguf.Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		e := fixtureExport(c)
		e.DType = dtype
		own := exportGGUF(t, e, (*Words)(words))
		got, err := gguf.Parse(own)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Tensors) != len(want.Tensors) || len(e.Written) != len(want.Tensors) {
			t.Errorf("%s: %d tensors, want %d", name, len(got.Tensors), len(want.Tensors))
		}
		for _, w := range want.Tensors {
			g := got.Tensors[slices.IndexFunc(got.Tensors, func(g gguf.Tensor) bool { return g.Name == w.Name })]
			if g.Type != w.Type || !slices.Equal(g.Shape, w.Shape) || !bytes.Equal(own[g.Begin:g.End], file[w.Begin:w.End]) {
				t.Errorf("%s: %+v differs from %+v", name, g, w)
			}
		}
		for _, key := range []string{"general.architecture", "general.type", "gpt2.block_count", "gpt2.context_length", "gpt2.embedding_length",
			"gpt2.feed_forward_length", "gpt2.attention.head_count", "gpt2.attention.layer_norm_epsilon", "general.file_type",
			"general.quantization_version", "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.tokens",
			"tokenizer.ggml.token_type", "tokenizer.ggml.merges", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id"} {
			g, okGot := got.Value(key)
			w, okWant := want.Value(key)
			if !okGot || !okWant || !g.Equal(w) {
				t.Errorf("%s: %s differs, or is missing: %v, %v", name, key, okGot, okWant)
			}
		}
	}
}

// TestExportAndBack: a model goes through either format and comes back the same, bit for bit, from
// whatever it was stored in.
func TestExportAndBack(t *testing.T) {
	want := open(t, "testdata/single")
	for _, name := range []string{"testdata/single", "testdata/torch/zip.bin", "testdata/torch/views.bin", "testdata/sharded"} {
		first := filepath.Join(t.TempDir(), "model.gguf")
		if err := os.WriteFile(first, exportGGUF(t, singleExport(open(t, name)), nil), 0o644); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		e := singleExport(open(t, first))
		done, all := int64(0), int64(0)
		e.Progress = func(d, a int64) { done, all = d, a }
		if err := e.WriteSafetensors(t.Context(), &file); err != nil {
			t.Fatal(err)
		}
		if want := int64(19*12 + 8*12 + 2*(12*12*12+13*12) + 2*12); done != want || all != want {
			t.Errorf("%s: %d of %d elements are written, want %d", name, done, all, want)
		}
		c := open(t, filepath.Join(folder(t, map[string]string{"config.json": "{}", "model.safetensors": file.String()}), "model.safetensors"))
		for _, info := range want.Tensors() {
			if !slices.Equal(readAll(t, c, info.Name, info.Shape...), readAll(t, want, info.Name, info.Shape...)) {
				t.Errorf("%s: %s differs", name, info.Name)
			}
		}
		if len(c.Tensors()) != len(want.Tensors()) {
			t.Errorf("%s: %d tensors, want %d", name, len(c.Tensors()), len(want.Tensors()))
		}
	}
}

// headed is testdata/single with a head.
func headed(t *testing.T, first byte) *Checkpoint {
	t.Helper()
	c := open(t, "testdata/single")
	var tensors []namedData
	for _, info := range c.Tensors() {
		data := gguf.F32.Encode(nil, readAll(t, c, info.Name, info.Shape...))
		tensors = append(tensors, namedData{info, data})
		if info.Name == "wte.weight" {
			head := bytes.Clone(data)
			head[0] ^= first
			info.Name = "lm_head.weight"
			tensors = append(tensors, namedData{info, head})
		}
	}
	return open(t, folder(t, map[string]string{"config.json": "{}", "model.safetensors": string(writeSafetensors(tensors))}))
}

// TestExportHead: a head is written where it differs from the embedding, or nothing ties the two.
func TestExportHead(t *testing.T) {
	for _, c := range []struct {
		first byte
		tied  bool
		want  bool
	}{{0, true, false}, {1, true, true}, {0, false, true}} {
		e := singleExport(headed(t, c.first))
		e.Tied = c.tied
		file := exportGGUF(t, e, nil)
		f, err := gguf.Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "model.gguf")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		if tied := strings.Contains(string(open(t, path).Config()), `"tie_word_embeddings":true`); tied != (c.first == 0) {
			t.Errorf("%+v: it is read as tied: %v", c, tied)
		}
		if got := slices.ContainsFunc(f.Tensors, func(t gguf.Tensor) bool { return t.Name == "output.weight" }); got != c.want {
			t.Errorf("%+v: a head is written: %v", c, got)
		}
	}
	e := singleExport(open(t, "testdata/single"))
	e.Tied = false
	if err := e.WriteSafetensors(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), `tensor "lm_head.weight" is missing`) {
		t.Errorf("an untied model without head: error is %v", err)
	}
}

func TestExportRefuses(t *testing.T) {
	c := open(t, folder(t, map[string]string{"config.json": "{}", "model.safetensors": string(writeSafetensors([]namedData{
		{TensorInfo{Name: "wte.weight", DType: "F32", Shape: []int{2}}, gguf.F32.Encode(nil, []float32{1, -65520})},
	}))}))
	e := &Export{From: c, DType: "F16"}
	list, err := e.find("wte.weight", []int{2})
	if err != nil {
		t.Fatal(err)
	}
	err = list.write(t.Context(), io.Discard, false, func(int) {})
	if err == nil || !strings.Contains(err.Error(), `tensor "wte.weight" has the number -65520, which F16 cannot hold`) {
		t.Errorf("error is %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := singleExport(open(t, "testdata/single")).WriteGGUF(cancelled, io.Discard, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	e = singleExport(open(t, "testdata/single"))
	e.Layers = 3
	if err := e.WriteGGUF(t.Context(), io.Discard, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a layer that is not there: %v", err)
	}
}

// names lists what a folder has, also below.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if path != dir {
			list = append(list, strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(dir)+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestStaging(t *testing.T) {
	dir := folder(t, map[string]string{"there": "old", "sub/x": ""})
	s := &Staging{}
	if err := s.Write(filepath.Join(dir, "there"), []byte("new")); !errors.Is(err, ErrExists) {
		t.Errorf("error is %v", err)
	}
	for _, name := range []string{"a", "made/within/b"} {
		if err := s.Write(filepath.Join(dir, name), []byte("new")); err != nil {
			t.Fatal(err)
		}
	}
	if list := names(t, dir); len(list) != 7 || slices.Contains(list, "a") {
		t.Errorf("before the end: %v", list)
	}
	s.Discard()
	if list := names(t, dir); !slices.Equal(list, []string{"sub", "sub/x", "there"}) {
		t.Errorf("discarded: %v", list)
	}
	s = &Staging{Force: true}
	for _, name := range []string{"there", "made/b"} {
		if err := s.Write(filepath.Join(dir, name), []byte("new")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Write(filepath.Join(dir, "sub"), nil); !errors.Is(err, ErrExists) {
		t.Errorf("a folder in its place: %v", err)
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	s.Discard()
	if list := names(t, dir); !slices.Equal(list, []string{"made", "made/b", "sub", "sub/x", "there"}) {
		t.Errorf("committed: %v", list)
	}
	if content, _ := os.ReadFile(filepath.Join(dir, "there")); string(content) != "new" {
		t.Errorf("what was there is %q", content)
	}
	if err := s.Write(filepath.Join(dir, "there", "c"), nil); err == nil {
		t.Error("a file is written below a file")
	}
}

package weights

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folder makes a folder of these files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, name string) *Checkpoint {
	t.Helper()
	c, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// readAll reads a tensor of the checkpoint by the name that the model uses.
func readAll(t *testing.T, c *Checkpoint, name string, shape ...int) []float32 {
	t.Helper()
	e, err := c.Tensor(name, shape...)
	if err != nil {
		t.Fatal(err)
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	values := make([]float32, n)
	e.Read(values, 0)
	e.Release()
	return values
}

// TestShardsEqualSingle opens one model as transformers writes it in two ways: a GPT2LMHeadModel
// in shards, with prefixed names, and its GPT2Model in one file, without.
func TestShardsEqualSingle(t *testing.T) {
	sharded, single := open(t, "testdata/sharded"), open(t, "testdata/single")
	file := open(t, "testdata/single/model.safetensors")
	infos := single.Tensors()
	if len(infos) != 2+2*12+2 || len(sharded.Tensors()) != len(infos) {
		t.Fatalf("%d tensors in one file, %d in shards", len(infos), len(sharded.Tensors()))
	}
	if !slices.IsSortedFunc(infos, func(a, b TensorInfo) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("tensors are not sorted by name")
	}
	for _, info := range infos {
		want := readAll(t, single, info.Name, info.Shape...)
		if slices.Max(want) == 0 && !strings.HasSuffix(info.Name, ".bias") {
			t.Errorf("%s is all zeros", info.Name)
		}
		for _, c := range []*Checkpoint{sharded, file} {
			if got := readAll(t, c, info.Name, info.Shape...); !slices.Equal(got, want) {
				t.Errorf("%s: %s differs", c.Name(), info.Name)
			}
		}
	}
	want := []string{"config.json", "model.safetensors.index.json"}
	for i := range 6 {
		want = append(want, "model-0000"+string(rune('1'+i))+"-of-00006.safetensors")
	}
	var got []string
	for _, f := range sharded.Files() {
		got = append(got, filepath.Base(f.Path))
		if info, err := os.Stat(f.Path); err != nil || info.Size() != f.Bytes {
			t.Errorf("%s is said to have %d bytes: %v", f.Path, f.Bytes, err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTrained opens a checkpoint that was trained and published by others.
func TestTrained(t *testing.T) {
	const dir = "../../shared/data/capp-gpt-v2"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the trained checkpoint is not there:", err)
	}
	c, bytes := open(t, dir), int64(0)
	for _, info := range c.Tensors() {
		bytes += info.Bytes
	}
	if want := int64(4 * 236_224); bytes != want {
		t.Errorf("%d bytes of weights, want %d", bytes, want)
	}
	readAll(t, c, "h.3.mlp.c_proj.weight", 256, 64)
}

func TestOpenRefuses(t *testing.T) {
	weights := string(one(four))
	index := func(shard string) string {
		return `{"metadata":{"total_size":1e99},"weight_map":{"a":"` + shard + `"}}`
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		open  string // inside the folder
		want  string
	}{
		{"no such file", nil, "gone.safetensors", "gone.safetensors: no such file"},
		{"no such folder", nil, "gone", "gone: no such file"},
		{"no config", map[string]string{"model.safetensors": weights}, "", "config.json: no such file"},
		{"no config beside", map[string]string{"a.safetensors": weights}, "a.safetensors", "config.json: no such file"},
		{"config is a folder", map[string]string{"config.json/x": ""}, "", "config.json: not a regular file"},
		{"config too long", map[string]string{"config.json": strings.Repeat(" ", maxConfigBytes+1)}, "", "config.json: larger than 1048576 bytes"},
		{"an adapter", map[string]string{"config.json": "{}", "model.safetensors": weights, "adapter_config.json": "{}"}, "", "adapter_config.json: an adapter (LoRA) is to be added"},
		{"no weights", map[string]string{"config.json": "{}"}, "", "none of model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json is there"},
		{"weights are a folder", map[string]string{"config.json": "{}", "model.safetensors/x": ""}, "", "model.safetensors: not a regular file"},
		{"weights are empty", map[string]string{"config.json": "{}", "model.safetensors": ""}, "", "model.safetensors: the file is empty"},
		{"weights are truncated", map[string]string{"config.json": "{}", "model.safetensors": weights[:len(weights)-1]}, "", `model.safetensors: tensor "a" ends at 4 but the file has 3 bytes of data`},
		{"weights of another format", map[string]string{"config.json": "{}", "model.onnx": "?"}, "model.onnx", "model.onnx: no file of weights: none of .safetensors, .gguf, .bin"},

		{"index is no JSON", map[string]string{"model.safetensors.index.json": "weights"}, "", `index.json: byte 0 of the JSON: 'w' where '{' is expected`},
		{"index goes on", map[string]string{"model.safetensors.index.json": index("a.safetensors") + "{}"}, "", "index.json: byte 67 of the JSON: unexpected '{' after the end"},
		{"index is not UTF-8", map[string]string{"model.safetensors.index.json": "\xff"}, "", "index.json: not valid UTF-8"},
		{"index of nothing", map[string]string{"model.safetensors.index.json": `{"weight_map":{}}`}, "", "index.json: no weight_map, or an empty one"},
		{"index with a tensor twice", map[string]string{"model.safetensors.index.json": `{"weight_map":{"a":"a.safetensors","a":"b.safetensors"}}`}, "", `the name "a" stands twice`},
		{"index with two maps", map[string]string{"model.safetensors.index.json": `{"weight_map":{"a":"a.safetensors"},"weight_map":{}}`}, "", `the name "weight_map" stands twice`},
		{"index with a number", map[string]string{"model.safetensors.index.json": `{"weight_map":{"a":1}}`}, "", `'1' where '"' is expected`},
		{"index too long", map[string]string{"model.safetensors.index.json": strings.Repeat(" ", maxIndexBytes+1)}, "", "index.json: larger than 16777216 bytes"},
		{"shard missing", map[string]string{"model.safetensors.index.json": index("gone.safetensors")}, "", "gone.safetensors: no such file"},
		{"shard lacks the tensor", map[string]string{"model.safetensors.index.json": index("x.safetensors"), "x.safetensors": string(withHeader(`{"b":`+four+`}`, 4))}, "", `index.json: tensor "a" is not in x.safetensors as the index says`},
		{"shard truncated", map[string]string{"model.safetensors.index.json": index("x.safetensors"), "x.safetensors": weights[:20]}, "", "x.safetensors: header ends at"},
		{"shard of another format", map[string]string{"model.safetensors.index.json": index("x.bin"), "x.bin": weights}, "", `in "x.bin", which is no .safetensors file of this folder`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, ok := c.files["model.safetensors.index.json"]; ok {
				c.files["config.json"] = "{}"
			}
			path := filepath.Join(folder(t, c.files), c.open)
			got, err := Open(path)
			if err == nil {
				got.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %q, want one line with %q", err, c.want)
			}
			if errors.Is(err, ErrName) {
				t.Errorf("%v counts as a malformed name", err)
			}
		})
	}
}

// TestShardsStayInside plants a good shard where each bad entry leads, so that following it works.
func TestShardsStayInside(t *testing.T) {
	dir := folder(t, map[string]string{
		"config.json": "{}", "secret.safetensors": string(one(four)), "model/config.json": "{}",
		"model/sub/good.safetensors": string(one(four)),
	})
	absolute := filepath.ToSlash(filepath.Join(dir, "secret.safetensors"))
	for _, c := range []struct {
		shard string
		ok    bool
	}{
		{"sub/good.safetensors", true},
		{"../secret.safetensors", false},
		{"sub/../../secret.safetensors", false},
		{"sub/../sub/good.safetensors", false},
		{"./sub/good.safetensors", false},
		{absolute, false},
		{`..\\secret.safetensors`, false},
		{`C:secret.safetensors`, false},
		{`C:\\secret.safetensors`, false},
		{"", false},
		{".", false},
		{"sub", false},
		{"sub//good.safetensors", false},
		{`\u0000.safetensors`, false},
	} {
		index := `{"weight_map":{"a":"` + c.shard + `"}}`
		if err := os.WriteFile(filepath.Join(dir, "model", "model.safetensors.index.json"), []byte(index), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := Open(filepath.Join(dir, "model"))
		if (err == nil) != c.ok {
			t.Errorf("shard %q: error is %v", c.shard, err)
		}
		if err == nil {
			got.Close()
		}
	}
}

func TestNoPermission(t *testing.T) {
	dir := folder(t, map[string]string{"config.json": "{}", "model.safetensors": string(one(four))})
	for _, path := range []string{filepath.Join(dir, "model.safetensors"), dir} {
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o755) })
		if _, err := os.ReadFile(filepath.Join(dir, "model.safetensors")); err == nil {
			t.Skip("this user reads files whatever their permissions are")
		}
		if _, err := Open(dir); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error is %v", err)
		}
	}
}

func TestTensorRefuses(t *testing.T) {
	path := filepath.Join(folder(t, map[string]string{
		"config.json": "{}",
		"model.safetensors": string(writeSafetensors([]namedData{
			{TensorInfo{Name: "transformer.wte.weight", DType: "F32", Shape: []int{2, 3}}, make([]byte, 24)},
			{TensorInfo{Name: "transformer.h.0.attn.bias", DType: "BOOL", Shape: []int{1, 1, 2, 2}}, make([]byte, 4)},
			{TensorInfo{Name: "lm_head.weight", DType: "I64", Shape: []int{1}}, make([]byte, 8)},
			{TensorInfo{Name: "wpe.weight", DType: "F32", Shape: []int{1}}, make([]byte, 4)},
		})),
	}), "model.safetensors")
	c := open(t, path)
	if got := readAll(t, c, "wte.weight", 2, 3); len(got) != 6 {
		t.Error("wte.weight is not found under its prefix")
	}
	for _, w := range []struct {
		name  string
		shape []int
		want  string
	}{
		{"wte.weight", []int{3, 2}, `tensor "transformer.wte.weight" has shape [2 3] where the configuration asks for [3 2]`},
		{"wte.weight", []int{6}, `tensor "transformer.wte.weight" has shape [2 3] where the configuration asks for [6]`},
		{"wpe.weight", []int{1}, `tensor "transformer.wpe.weight" is missing`},
		{"transformer.wte.weight", []int{2, 3}, `tensor "transformer.transformer.wte.weight" is missing`},
		{"lm_head.weight", []int{1}, `tensor "lm_head.weight" has dtype I64 where weights are F64, F32, F16 or BF16`},
		{"h.0.attn.bias", []int{1, 1, 2, 2}, `tensor "transformer.h.0.attn.bias" has dtype BOOL where`},
	} {
		_, err := c.Tensor(w.name, w.shape...)
		if err == nil || !strings.Contains(err.Error(), w.want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("error is %v, want %s: %s", err, path, w.want)
		}
	}
}

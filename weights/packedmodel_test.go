package weights_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// newExec has kernels of that name and so many threads.
func newExec(t testing.TB, threads int, kernels string) *tensor.Exec {
	t.Helper()
	pool := tensor.NewPool(threads)
	t.Cleanup(pool.Close)
	x, err := tensor.NewExec(pool, kernels)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// pack is packInto memory.
func pack(t testing.TB, x *tensor.Exec, name string, d tensor.DType) []byte {
	t.Helper()
	var b bytes.Buffer
	packInto(t, x, name, d, &b)
	return b.Bytes()
}

// packInto loads a model and packs it into a file with everything inside.
func packInto(t testing.TB, x *tensor.Exec, name string, d tensor.DType, w io.Writer) {
	t.Helper()
	c, err := weights.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m, err := model.Load(x, c, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	var p weights.Packer
	files, err := c.Beside()
	if err != nil {
		t.Fatal(err)
	}
	files["config.json"] = c.Config()
	for name, content := range files {
		if err := p.AddFile(name, content); err != nil {
			t.Fatal(err)
		}
	}
	m.Visit(p.AddWeight, p.AddNumbers)
	if err := p.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
}

// packTo is pack into a file on the disk.
func packTo(t testing.TB, x *tensor.Exec, name string, d tensor.DType) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "packed.safetensors")
	if err := os.WriteFile(path, pack(t, x, name, d), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// logits are a model's for a few tokens, in one go and then one by one.
func logits(t testing.TB, x *tensor.Exec, m *model.Model) (all []float32) {
	t.Helper()
	ids := make([]int, min(9, m.Config.Positions))
	for i := range ids {
		ids[i] = (7*i + 3) % m.Config.Vocabulary
	}
	for _, chunk := range []int{len(ids), 1} {
		cache := m.NewCache()
		for part := range slices.Chunk(ids, chunk) {
			err := m.Forward(x, []model.Span{{Tokens: part, Cache: cache, Logits: 1}}, func(_, _ int, row []float32) { all = append(all, row...) })
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// TestPackedModels: a model that was packed and opened again computes the same, to the bit, in each
// format; so do all that have been recorded.
func TestPackedModels(t *testing.T) {
	names, err := filepath.Glob("../model/testdata/reference/*/config.json")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	names = append(names, "testdata/sharded/config.json", "testdata/torch/views.bin", "testdata/gguf/q8_0.gguf", "tiny")
	x := newExec(t, 2, "")
	for _, name := range names {
		if filepath.Base(name) == "config.json" {
			name = filepath.Dir(name)
		}
		original, err := weights.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tensor.DTypes() {
			want, err := model.Load(x, original, d, nil)
			if err != nil {
				t.Fatal(err)
			}
			c, err := weights.Open(packTo(t, x, name, d))
			if err != nil {
				t.Fatal(err)
			}
			if own, packed := c.Packed(); own != d || !packed {
				t.Errorf("%s: packed as %v, %v, want %v", name, own, packed, d)
			}
			got, err := model.Load(x, c, d, nil)
			if err != nil {
				t.Fatalf("%s as %v: %v", name, d, err)
			}
			if err := c.Close(); err != nil { // the model keeps what it needs
				t.Error(err)
			}
			runtime.GC()
			if !slices.Equal(logits(t, x, got), logits(t, x, want)) {
				t.Errorf("%s as %v: the packed model computes something else", name, d)
			}
		}
		original.Close()
	}
}

// TestPackedBytes: the same model is the same file, with any kernels and threads.
func TestPackedBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("packs a model 40 times")
	}
	for _, d := range tensor.DTypes() {
		want := pack(t, newExec(t, 1, "pure"), "tiny", d)
		for _, kernels := range tensor.Kernels() {
			for _, threads := range []int{1, 2, 5} {
				if !bytes.Equal(pack(t, newExec(t, threads, kernels), "tiny", d), want) {
					t.Errorf("%v, %s kernels, %d threads: another file", d, kernels, threads)
				}
			}
		}
	}
}

// TestPackedLayout: matrices begin on cache lines, the data on a page, and any reader of safetensors
// finds bytes and numbers.
func TestPackedLayout(t *testing.T) {
	file := pack(t, newExec(t, 2, ""), "tiny", tensor.Int8)
	length := int(file[0]) | int(file[1])<<8 | int(file[2])<<16
	if (length+8)%4096 != 0 {
		t.Errorf("the data begin at %d", length+8)
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal(file[8:][:length], &header); err != nil {
		t.Fatal(err)
	}
	var metadata map[string]string
	if err := json.Unmarshal(header["__metadata__"], &metadata); err != nil {
		t.Fatal(err)
	}
	if got := metadata["gptmeter.packed.h.2.mlp.c_fc.weight"]; got != "panels/2 int8 768 192 input-major" || metadata["format"] != "gptmeter" {
		t.Errorf("metadata %q, %q", got, metadata["format"])
	}
	delete(header, "__metadata__")
	packed := 0
	for name, text := range header {
		var entry struct {
			DType   string
			Shape   []int
			Offsets []int `json:"data_offsets"`
		}
		if err := json.Unmarshal(text, &entry); err != nil {
			t.Fatal(err)
		}
		_, is := metadata["gptmeter.packed."+name]
		switch {
		case is && (entry.DType != "U8" || len(entry.Shape) != 1 || entry.Offsets[0]%tensor.PackedAlignment != 0):
			t.Errorf("%s is %+v", name, entry)
		case !is && entry.DType != "F32":
			t.Errorf("%s is %+v", name, entry)
		case is:
			packed++
		}
	}
	if packed != 1+4*4 || len(header) != 2+4*12+2 {
		t.Errorf("%d packed of %d tensors", packed, len(header))
	}
}

// TestPackedOtherwise: what is packed cannot be held in another format.
func TestPackedOtherwise(t *testing.T) {
	x := newExec(t, 2, "")
	c, err := weights.Open(packTo(t, x, "tiny", tensor.Int8))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = model.Load(x, c, tensor.F32, nil)
	want := `tensor "wte.weight" is packed as panels/2 int8 2048 192 output-major, not panels/1 f32 2048 192 output-major`
	if err == nil || fmt.Sprint(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A packed file is written in whole huge pages, for so the system caches it.
func TestPackedWrites(t *testing.T) {
	x := newExec(t, 1, "")
	var sizes writeSizes
	packInto(t, x, "tiny", tensor.F32, &sizes)
	const hugePage = 2 << 20
	for i, n := range sizes {
		if n != hugePage && i < len(sizes)-1 {
			t.Errorf("write %d of %d is %d bytes long, not %d", i, len(sizes), n, hugePage)
		}
	}
	if len(sizes) < 3 {
		t.Errorf("%d writes tell too little", len(sizes))
	}
}

// writeSizes are how much was written at a time.
type writeSizes []int

func (w *writeSizes) Write(b []byte) (int, error) {
	*w = append(*w, len(b))
	return len(b), nil
}

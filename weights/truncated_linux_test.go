package weights_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// TestTruncatedAfterMapping: a file that is cut when it has been opened is an error of the one who
// reads its weights, on whatever thread, in each format.
func TestTruncatedAfterMapping(t *testing.T) {
	pool := tensor.NewPool(2)
	defer pool.Close()
	x, err := tensor.NewExec(pool, "pure")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ copied, opened, cut string }{
		{"testdata/gguf", "hf", "hf/model.safetensors"},
		{"testdata/gguf", "f32.gguf", "f32.gguf"},
		{"testdata/gguf", "q8_0.gguf", "q8_0.gguf"},
		{"testdata/torch", "zip.bin", "zip.bin"},
		{"testdata/torch", "legacy.bin", "legacy.bin"},
		{"testdata/torch", "views.bin", "views.bin"},
		{"testdata/torch", "sharded", "sharded/pytorch_model-00001-of-00002.bin"},
		{"testdata/sharded", "", "model-00003-of-00006.safetensors"},
	} {
		dir := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(dir, os.DirFS(c.copied)); err != nil {
			t.Fatal(err)
		}
		checkpoint, err := weights.Open(filepath.Join(dir, c.opened))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := model.Load(x, checkpoint, tensor.F32, nil); err != nil || checkpoint.Check() != nil {
			t.Errorf("%s: %v, %v", c.opened, err, checkpoint.Check())
		}
		if err := os.Truncate(filepath.Join(dir, c.cut), 100); err != nil {
			t.Fatal(err)
		}
		for _, d := range tensor.DTypes() {
			_, err := model.Load(x, checkpoint, d, nil)
			if faults := c.copied != "testdata/sharded"; errors.Is(err, model.ErrFault) != faults { // whose page stays
				t.Errorf("%s as %v, cut: %v", c.opened, d, err)
			}
		}
		e := weights.Export{From: checkpoint, Layers: 1, Heads: 2, Width: 32, Inner: 128, Positions: 24, Vocabulary: 288, Tied: true}
		if c.copied == "testdata/gguf" {
			if err := e.WriteGGUF(t.Context(), io.Discard, nil); err == nil || !strings.Contains(err.Error(), "cannot be read any more") {
				t.Errorf("%s, cut and exported: %v", c.opened, err)
			}
		}
		if err := checkpoint.Check(); err == nil || !strings.Contains(err.Error(), filepath.Base(c.cut)+": changed while it was read") {
			t.Errorf("%s, cut: %v", c.opened, err)
		}
		if err := checkpoint.Close(); err != nil {
			t.Error(err)
		}
	}
}

package main

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// While a model is loaded, no more is resident than 1.15 times its weights and 128 MiB, however
// wide the numbers of its file are.
func TestLoadMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 170 MB of float64 for each format")
	}
	folder := sparseCheckpoint(t, 1024, 8192)
	for _, dtype := range []string{"f32", "bf16", "int8", "int4"} {
		c := exec.Command("gptmeter", "generate", "--model", folder, "--prompt-ids", "1", "--max-tokens", "1", "--dtype", dtype)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		peak := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
		held := heldBytes(t, folder, dtype)
		if limit := held*115/100 + 128<<20; peak > limit {
			t.Errorf("%s: %d bytes were resident for %d that are held, more than %d", dtype, peak, held, limit)
		}
	}
}

// heldBytes is what info says of a format.
func heldBytes(t *testing.T, folder, dtype string) int64 {
	t.Helper()
	out, err := exec.Command("gptmeter", "info", "--model", folder, "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var info struct{ Model modelInfo }
	if err := json.Unmarshal(out, &info); err != nil {
		t.Fatal(err)
	}
	for _, h := range info.Model.Held {
		if h.DType == dtype {
			return h.Bytes
		}
	}
	t.Fatalf("info says nothing of %s: %s", dtype, out)
	return 0
}

// sparseCheckpoint is a model of one layer and zeros in F64, for which the disk has no blocks.
func sparseCheckpoint(t *testing.T, width, vocabulary int) (folder string) {
	t.Helper()
	const positions = 16
	header, size := map[string]tensorEntry{}, 0
	add := func(name string, shape ...int) {
		bytes := 8
		for _, n := range shape {
			bytes *= n
		}
		header[name] = tensorEntry{"F64", shape, [2]int{size, size + bytes}}
		size += bytes
	}
	linear := func(name string, inputs, outputs int) {
		add(name+".weight", inputs, outputs)
		add(name+".bias", outputs)
	}
	add("wte.weight", vocabulary, width)
	add("wpe.weight", positions, width)
	for _, ln := range []string{"h.0.ln_1", "h.0.ln_2", "ln_f"} {
		add(ln+".weight", width)
		add(ln+".bias", width)
	}
	linear("h.0.attn.c_attn", width, 3*width)
	linear("h.0.attn.c_proj", width, width)
	linear("h.0.mlp.c_fc", width, 4*width)
	linear("h.0.mlp.c_proj", 4*width, width)
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]any{"model_type": "gpt2", "n_layer": 1, "n_head": 16, "n_embd": width,
		"n_positions": positions, "vocab_size": vocabulary})
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	begin := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	file := filepath.Join(folder, "model.safetensors")
	for path, content := range map[string][]byte{filepath.Join(folder, "config.json"): config, file: begin} {
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(file, int64(len(begin)+size)); err != nil {
		t.Fatal(err)
	}
	return folder
}

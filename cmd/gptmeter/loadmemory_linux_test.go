package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// While a model is loaded, no more is resident than 1.15 times its weights and 128 MiB, however
// wide the numbers of its file are.
func TestLoadMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 170 MB of float64 for each format")
	}
	folder := sparseCheckpoint(t, 1024, 8192)
	for _, dtype := range []string{"f32", "bf16", "int8", "int4"} {
		peak := peakResident(t, exec.Command("gptmeter", "generate", "--model", folder, "--prompt-ids", "1", "--max-tokens", "1", "--dtype", dtype))
		held := heldBytes(t, folder, dtype)
		if limit := held*115/100 + 128<<20; peak > limit {
			t.Errorf("%s: %d bytes were resident for %d that are held, more than %d", dtype, peak, held, limit)
		}
	}
}

// peakResident runs c and is the most that was resident of it. The system's account of a child that has
// ended has the memory of this process in it too, as far as that was resident when it was forked, so the
// child's own is read while it runs.
func peakResident(t *testing.T, c *exec.Cmd) (peak int64) {
	t.Helper()
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	status := fmt.Sprintf("/proc/%d/status", c.Process.Pid)
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %s", err, out.Bytes())
			}
			if peak == 0 {
				t.Fatalf("nothing was seen of %s", status)
			}
			return peak
		case <-time.After(time.Millisecond):
			text, _ := os.ReadFile(status) // gone when the process is
			if _, rest, ok := bytes.Cut(text, []byte("VmHWM:")); ok {
				var kB int64
				fmt.Sscan(string(rest), &kB)
				peak = max(peak, kB<<10)
			}
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

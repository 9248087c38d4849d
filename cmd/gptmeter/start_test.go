package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkStart times the program, as it is built for users, from its start until tokenizer and weights of a
// packed GPT-2 124M are ready and it ends, for no token is asked for. The files are in the page cache.
func BenchmarkStart(b *testing.B) {
	folder := b.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	run := func(name string, args ...string) {
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			b.Fatalf("%s %q: %v: %s", name, args, err, out)
		}
	}
	program := at("gptmeter")
	run("go", "build", "-trimpath", "-o", program, ".")
	run(program, "quantize", "synthetic:gpt2", at("bare.safetensors"))
	for _, to := range []string{"folder", "file.safetensors"} {
		run(program, "quantize", at("bare.safetensors"), at(to)) // with GPT-2's own tokenizer
		b.Run(to, func(b *testing.B) {
			var times []float64
			for b.Loop() {
				start := time.Now()
				run(program, "generate", "--model", at(to), "--max-tokens", "0", "--no-meter", "The AI is")
				times = append(times, time.Since(start).Seconds()*1000)
			}
			slices.Sort(times)
			b.ReportMetric(times[len(times)/2], "median-ms")
			b.ReportMetric(times[0], "least-ms")
		})
	}
}

package model_test

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestReference holds every recorded checkpoint to what transformers computed for it.
func TestReference(t *testing.T) {
	configs, err := filepath.Glob("testdata/reference/*/config.json")
	if err != nil || len(configs) == 0 {
		t.Fatalf("no recorded checkpoints: %v", err)
	}
	for _, config := range configs {
		folder := filepath.Dir(config)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			ref := readReference(t, folder)
			if len(ref.hidden) == 0 {
				t.Fatal("no block outputs are recorded")
			}
			for _, kernels := range tensor.Kernels() {
				t.Run(kernels, func(t *testing.T) { compare(t, load(t, folder, kernels), ref) })
			}
		})
	}
}

// TestTrainedReference does so with a trained checkpoint, whose block outputs are not recorded.
func TestTrainedReference(t *testing.T) {
	const folder = "../../shared/data/capp-gpt-v2"
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("the shared data is not here: %v", err)
	}
	var recorded struct {
		IDs    []int
		Greedy []int // begins with IDs
	}
	readJSON(t, filepath.Join(folder, "ref.json"), &recorded)
	ref := reference{
		Prompt: recorded.IDs,
		Greedy: recorded.Greedy[len(recorded.IDs):],
		Margin: 6.4, // as transformers has it; ref.json leaves it out
		logits: readNPY(t, filepath.Join(folder, "ref_logits.npy")),
	}
	for _, kernels := range tensor.Kernels() {
		t.Run(kernels, func(t *testing.T) { compare(t, load(t, folder, kernels), ref) })
	}
}

func compare(t *testing.T, r runner, ref reference) {
	logits, hidden := r.forward(t, ref.Prompt, len(ref.Prompt))
	compareLogProbs(t, logits, ref.logits)
	for _, name := range slices.Sorted(maps.Keys(ref.hidden)) {
		compareHidden(t, name, hidden[name], ref.hidden[name])
	}
	for _, chunk := range []int{1, 3, 7} {
		if chunked, _ := r.forward(t, ref.Prompt, chunk); !slices.Equal(chunked.Data, logits.Data) {
			t.Errorf("the logits differ when the prompt comes in chunks of %d", chunk)
		}
	}
	// Recorded margins are far above the tolerance, so that it decides no id.
	if ref.Margin <= tolerance(ref.logits) {
		t.Fatalf("the reference's margin of %v is within the tolerance", ref.Margin)
	}
	if got := r.greedy(t, ref.Prompt, len(ref.Greedy)); !slices.Equal(got, ref.Greedy) {
		t.Errorf("greedy decoding adds %v, want %v", got, ref.Greedy)
	}
}

func compareLogProbs(t *testing.T, got, want tensor.Tensor) {
	t.Helper()
	if got.Rows != want.Rows || got.Cols != want.Cols {
		t.Fatalf("logits are (%d, %d), want (%d, %d)", got.Rows, got.Cols, want.Rows, want.Cols)
	}
	allowed := tolerance(want)
	for row := range want.Rows {
		g, w := logSoftmax(got.Row(row)), logSoftmax(want.Row(row))
		for id := range w {
			if off := math.Abs(g[id] - w[id]); !(off <= allowed) { // NaN fails too
				t.Fatalf("position %d: id %d has log-probability %v, want %v: off by %.3g, allowed are %.3g",
					row, id, g[id], w[id], off, allowed)
			}
		}
	}
}

// tolerance is how far log-probabilities may be off.
func tolerance(logits tensor.Tensor) float64 { return 1e-4 + 1e-6*largest(logits) }

// compareHidden allows 1e-5 of the largest entry.
func compareHidden(t *testing.T, name string, got, want tensor.Tensor) {
	t.Helper()
	if got.Rows != want.Rows || got.Cols != want.Cols {
		t.Fatalf("%s is (%d, %d), want (%d, %d)", name, got.Rows, got.Cols, want.Rows, want.Cols)
	}
	allowed := 1e-5 * largest(want)
	for i, w := range want.Data {
		if off := math.Abs(float64(got.Data[i]) - float64(w)); !(off <= allowed) {
			t.Fatalf("%s, position %d, channel %d: %v, want %v: off by %.3g, allowed are %.3g",
				name, i/want.Cols, i%want.Cols, got.Data[i], w, off, allowed)
		}
	}
}

func largest(m tensor.Tensor) (most float64) {
	for _, v := range m.Data {
		most = max(most, math.Abs(float64(v)))
	}
	return most
}

func logSoftmax(logits []float32) []float64 {
	most := float64(slices.Max(logits))
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - most)
	}
	out := make([]float64, len(logits))
	for i, v := range logits {
		out[i] = float64(v) - most - math.Log(sum)
	}
	return out
}

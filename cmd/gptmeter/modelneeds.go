package main

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// A tokenCost is what it takes to compute the last token of a context whose others are in the cache,
// and what memory a request of that length needs.
type tokenCost struct {
	Context      int          `json:"context"`
	ProductFlops int64        `json:"product_flops"` // in closed form
	Needs        []memoryNeed `json:"memory"`        // by --dtype
}

// A memoryNeed is for one request alone. The program itself and its workers take some MiB more.
type memoryNeed struct {
	DType        string `json:"dtype"`
	Bytes        int64  `json:"bytes"`
	WeightsBytes int64  `json:"weights_bytes"`
	CacheBytes   int64  `json:"cache_bytes"` // keys and values
	StepBytes    int64  `json:"step_bytes"`  // matrices that a step of the prompt works on
}

// tokenCosts are for the first token, the middle of the context, and its end.
func tokenCosts(c model.Config, formats []tensor.DType) (costs []tokenCost) {
	for _, context := range slices.Compact([]int{1, (c.Positions + 1) / 2, c.Positions}) {
		cost := tokenCost{Context: context, ProductFlops: shapeOf(c).Causal(1, int64(context-1), 1).Total()}
		for _, d := range formats {
			n := memoryNeed{
				DType: d.String(), WeightsBytes: c.WeightBytes(d), CacheBytes: c.CacheBytes(context, d),
				StepBytes: c.StepBytes(min(context, engine.DefaultOptions.StepTokens), 1, d),
			}
			n.Bytes = n.WeightsBytes + n.CacheBytes + n.StepBytes
			cost.Needs = append(cost.Needs, n)
		}
		costs = append(costs, cost)
	}
	return costs
}

// formatOf tells by the name of the last file, which is one of weights.
func formatOf(c *weights.Checkpoint) string {
	files := c.Files()
	if len(files) == 0 {
		return "synthetic"
	}
	switch filepath.Ext(files[len(files)-1].Path) {
	case ".gguf":
		return "gguf"
	case ".safetensors":
		return "safetensors"
	}
	return "torch"
}

// sourceText says where a tokenizer comes from.
var sourceText = map[string]string{"files": "from its files", "metadata": "from the file's metadata", "built-in": "GPT-2's own, from this program"}

func tokenizerSource(c *weights.Checkpoint) string {
	switch {
	case c.BuiltInTokenizer():
		return "built-in"
	case len(c.Files()) == 1: // which has all inside
		return "metadata"
	}
	return "files"
}

// hash reads the model's files and enters their hashes.
func (p *program) hash(ctx context.Context, m *modelInfo, c *weights.Checkpoint) error {
	progress, finish := p.progress("hashing " + m.Name)
	defer finish()
	var done, all int64
	for _, f := range m.Files {
		all += f.Bytes
	}
	for i, f := range c.Files() {
		sum, err := c.Hash(ctx, f, func(n int) {
			if done += int64(n); progress != nil {
				progress(done, all)
			}
		})
		switch {
		case ctx.Err() != nil:
			return errInterrupted
		case err != nil:
			return unusable(err)
		}
		m.Files[i].SHA256 = sum
	}
	return nil
}

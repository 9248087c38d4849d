package model

import "github.com/gptmeter/gptmeter/tensor"

// WeightBytes is the memory of a model's weights whose matrices are held as d.
func (c Config) WeightBytes(d tensor.DType) int64 {
	C, F := c.Width, c.Inner
	block := tensor.PackedBytes(3*C, C, d) + tensor.PackedBytes(C, C, d) +
		tensor.PackedBytes(F, C, d) + tensor.PackedBytes(C, F, d)
	embedding := tensor.PackedBytes(c.Vocabulary, C, d)
	n := embedding + int64(c.Layers)*block
	if !c.Tied {
		n += embedding
	}
	vectors := c.Positions*C + c.Layers*(2*2*C+3*C+C+F+C) + 2*C // wpe, LayerNorms, biases
	return n + float32Bytes*int64(vectors)
}

// CacheBytes is the memory of the keys and values of a sequence of so many tokens, with weights that are
// held as d.
func (c Config) CacheBytes(tokens int, d tensor.DType) int64 {
	return int64(c.Layers) * tensor.KVBytes(c.Heads, c.HeadSize(), tokens, d)
}

// StepBytes is the memory of the matrices that Forward works on for so many rows, of which so
// many want logits, with weights that are held as d. Besides it, each worker has a fraction of a
// MiB for itself.
func (c Config) StepBytes(rows, logits int, d tensor.DType) int64 {
	r := min(logits, logitRows)
	return float32Bytes*(int64(rows)*int64(5*c.Width+c.Inner)+int64(r)*int64(c.Width+c.Vocabulary)) +
		int64(rows)*tensor.OperandBytes(max(c.Width, c.Inner), d)
}

const float32Bytes = 4

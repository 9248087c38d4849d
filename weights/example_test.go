package weights_test

import (
	"fmt"
	"log"

	"github.com/gptmeter/gptmeter/weights"
)

func Example() {
	checkpoint, err := weights.Open("tiny")
	if err != nil {
		log.Fatal(err)
	}
	defer checkpoint.Close()

	// The embedding of 2,048 tokens in 192 dimensions, of which this is the 1,000th row.
	wte, err := checkpoint.Tensor("wte.weight", 2048, 192)
	if err != nil {
		log.Fatal(err)
	}
	row := make([]float32, 192)
	wte.Read(row, 1000*192)
	wte.Release()
	fmt.Println(row[:3])

	_, err = checkpoint.Tensor("wte.weight", 50257, 768)
	fmt.Println(err)
	// Output:
	// [0.087890625 -0.032714844 0.107910156]
	// tiny/model.safetensors: tensor "transformer.wte.weight" has shape [2048 192] where the configuration asks for [50257 768]
}

func ExampleOpen_synthetic() {
	checkpoint, err := weights.Open("synthetic:1x2x8")
	if err != nil {
		log.Fatal(err)
	}
	defer checkpoint.Close()
	for _, tensor := range checkpoint.Tensors()[:3] {
		fmt.Println(tensor.Name, tensor.DType, tensor.Shape, tensor.Bytes)
	}

	_, err = weights.Open("synthetic:1x3x8")
	fmt.Println(err)
	// Output:
	// h.0.attn.c_attn.bias F32 [24] 96
	// h.0.attn.c_attn.weight F32 [8 24] 768
	// h.0.attn.c_proj.bias F32 [8] 32
	// malformed model name: synthetic:1x3x8: 3 heads do not divide the width 8
}

package engine_test

import (
	"fmt"
	"log"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/gptmeter/gptmeter/weights"
)

// The model inside the binary goes on with a text, each time with its likeliest token.
func Example() {
	checkpoint, err := weights.Open("tiny")
	if err != nil {
		log.Fatal(err)
	}
	defer checkpoint.Close()
	text, err := tokenizer.Open(checkpoint.Tokenizer())
	if err != nil {
		log.Fatal(err)
	}
	pool := tensor.NewPool(1)
	defer pool.Close()
	exec, err := tensor.NewExec(pool, "auto")
	if err != nil {
		log.Fatal(err)
	}
	gpt2, err := model.Load(exec, checkpoint, tensor.F32, nil)
	if err != nil {
		log.Fatal(err)
	}

	e := engine.New(gpt2, exec, text, engine.DefaultOptions, 0)
	request := engine.Default()
	request.Prompt = text.Encode("Once upon a time")
	request.MaxTokens = 12
	request.Sampling.Temperature = 0
	task, err := e.Submit(request)
	if err != nil {
		log.Fatal(err)
	}
	for e.Pending() {
		events, err := e.Step()
		if err != nil {
			log.Fatal(err)
		}
		for _, event := range events {
			fmt.Print(event.Text) // as it is made
		}
	}
	result := task.Result()
	decode := result.Meter.Decode
	fmt.Println()
	fmt.Println(result.Usage.CompletionTokens, "tokens:", *result.Choices[0].FinishReason)
	fmt.Println(decode.ProductFlops/decode.Tokens, "FLOPs of matrix products for each of", decode.Tokens)
	// Output:
	// , there was a little girl named Lily. She loved to
	// 12 tokens: length
	// 4356096 FLOPs of matrix products for each of 11
}

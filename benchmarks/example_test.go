package benchmarks_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gptmeter/gptmeter/benchmarks"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// A sweep states for each test what was counted, which is the same each time, and how fast it ran.
func ExampleSweep() {
	tiny, err := weights.Open("tiny")
	if err != nil {
		log.Fatal(err)
	}
	defer tiny.Close()
	sweep := benchmarks.Sweep{
		Setup:  benchmarks.Setup{Model: "tiny", Source: tiny, DTypes: []tensor.DType{tensor.F32}, Threads: []int{1}, Kernel: "auto"},
		Depths: []int{0}, Batches: []int{1, 4}, Prompts: []int{16}, Generates: []int{8}, Repetitions: 3,
	}
	report, err := sweep.Run(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range report.Results {
		fmt.Printf("%s, batch %d: %d operations, %d samples\n", r.Test, r.Batch, r.Flops, len(r.TokensPerSecond.Samples))
	}
	// Output:
	// pp16, batch 1: 47183400 operations, 3 samples
	// tg8, batch 1: 35035320 operations, 3 samples
	// pp16, batch 4: 188733600 operations, 3 samples
	// tg8, batch 4: 140141280 operations, 3 samples
}

package theory_test

import (
	"fmt"

	"github.com/gptmeter/gptmeter/meter/theory"
)

var gpt2 = theory.Shape{Layers: 12, Heads: 12, Width: 768, Inner: 3072, Vocabulary: 50257, Positions: 1024}

func ExampleShape_Causal() {
	prompt := gpt2.Causal(128, 0, 1) // 128 tokens, nothing cached, logits for the last
	token := gpt2.Causal(1, 128, 1)  // one more
	fmt.Println(prompt.Linear, prompt.Attention, prompt.Unembed, prompt.Total())
	fmt.Println(token.Total())
	// Output:
	// 21743271936 304349184 77194752 22124815872
	// 251819520
}

func ExampleShape_FullSquare() {
	fmt.Println(gpt2.FullSquare(128, 0, 128).Total()) // as PyTorch's FlopCounterMode has it
	// Output: 32228179968
}

// A count is joined to the exact form by gaps that the plan explains.
func ExamplePlan_Gaps() {
	plan := theory.Plan{Shape: gpt2, Prompt: 128, Generate: 1, Cached: 100, Pruned: theory.Pruned{MLP: 27}}
	fmt.Println("exact", plan.Exact().Prefill.Total())
	for _, g := range plan.Gaps() {
		fmt.Println(g.Phase, g.Operator, g.FLOPs, g.Reason)
	}
	// Output:
	// exact 22124815872
	// prefill linear -16986931200 cached_prefix
	// prefill attention -186163200 cached_prefix
	// prefill linear -254803968 pruned_rows
}

func ExamplePlan_Unexplained() {
	plan := theory.Plan{Shape: gpt2, Prompt: 128}
	counted := plan.Exact()
	fmt.Println(plan.Unexplained(counted))
	counted.Prefill.Attention += 1024
	fmt.Println(plan.Unexplained(counted))
	// Output:
	// []
	// [{prefill attention 1024 unexplained}]
}

func ExamplePlan_Literature() {
	plan := theory.Plan{Shape: gpt2, Prompt: 128, Generate: 128}
	for _, e := range plan.Literature()[:4] {
		fmt.Printf("%-6s prefill %.3f, decode %.3f of the exact form\n", e.Name, *e.PrefillRatio, *e.DecodeRatio)
	}
	// Output:
	// 2N     prefill 1.440, decode 0.979 of the exact form
	// kipply prefill 0.983, decode 0.668 of the exact form
	// Kaplan prefill 0.996, decode 0.682 of the exact form
	// PaLM   prefill 1.467, decode 1.007 of the exact form
}

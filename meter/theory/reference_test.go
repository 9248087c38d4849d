package theory

import (
	"math"
	"testing"
)

// The shapes of GPT-2 (Radford et al. 2019, table 2).
var (
	gpt2   = Shape{Layers: 12, Heads: 12, Width: 768, Inner: 3072, Vocabulary: 50257, Positions: 1024}
	gpt2XL = Shape{Layers: 48, Heads: 25, Width: 1600, Inner: 6400, Vocabulary: 50257, Positions: 1024}
)

func TestParameters(t *testing.T) {
	if n := gpt2.Parameters(); n != 124_439_808 {
		t.Errorf("GPT-2 124M has %d parameters", n)
	}
	if n := gpt2.blockWeights(); n != 84_934_656 {
		t.Errorf("GPT-2 124M has %d weights in its blocks", n)
	}
	if n := gpt2XL.Parameters(); n != 1_557_611_200 {
		t.Errorf("GPT-2 1.5B has %d parameters", n)
	}
}

// Numbers worked out by hand and checked against PyTorch and nanoGPT before this package was there.
func TestReferenceNumbers(t *testing.T) {
	const linear128, linear1024 = 21_743_271_936, 173_946_175_488
	for _, c := range []struct {
		name  string
		got   Products
		want  Products
		total int64
	}{
		{"prefill 128, last logits, causal", gpt2.Causal(128, 0, 1), Products{linear128, 304_349_184, 77_194_752}, 22_124_815_872},
		{"prefill 128, all logits, causal", gpt2.Causal(128, 0, 128), Products{linear128, 304_349_184, 9_880_928_256}, 31_928_549_376},
		{"prefill 128, last logits, full square", gpt2.FullSquare(128, 0, 1), Products{linear128, 603_979_776, 77_194_752}, 22_424_446_464},
		{"prefill 128, all logits, full square", gpt2.FullSquare(128, 0, 128), Products{linear128, 603_979_776, 9_880_928_256}, 32_228_179_968},
		{"prefill 1024, last logits, causal", gpt2.Causal(1024, 0, 1), Products{linear1024, 19_346_227_200, 77_194_752}, 193_369_597_440},
		{"prefill 1024, all logits, full square", gpt2.FullSquare(1024, 0, 1024), Products{linear1024, 38_654_705_664, 79_047_426_048}, 291_648_307_200},
		{"decode, 128 keys", gpt2.Causal(1, 127, 1), Products{169_869_312, 4_718_592, 77_194_752}, 251_782_656},
		{"decode, 129 keys", gpt2.Causal(1, 128, 1), Products{169_869_312, 4_755_456, 77_194_752}, 251_819_520},
		{"decode, 1024 keys", gpt2.Causal(1, 1023, 1), Products{169_869_312, 37_748_736, 77_194_752}, 284_812_800},
	} {
		if c.got != c.want || c.got.Total() != c.total {
			t.Errorf("%s: %+v, in all %d; want %+v, in all %d", c.name, c.got, c.got.Total(), c.want, c.total)
		}
	}
}

func TestReferenceRequest(t *testing.T) {
	request := Plan{Shape: gpt2, Prompt: 128, Generate: 128}.Exact()
	if total := request.Prefill.Total() + request.Decode.Total(); total != 54_400_843_776 {
		t.Errorf("128 + 128 tokens take %d", total)
	}
	if decode := request.Decode.Total(); decode != 32_276_027_904 {
		t.Errorf("its 127 decode steps take %d", decode)
	}
	var last, all int64 // without a cache of keys and values, each token is a prefill of all before it
	for tokens := int64(128); tokens < 256; tokens++ {
		last += gpt2.Causal(tokens, 0, 1).Total()
		all += gpt2.Causal(tokens, 0, tokens).Total()
	}
	for _, c := range []struct{ got, want float64 }{{float64(last), 4.264e12}, {float64(all), 6.146e12}} {
		if math.Abs(c.got-c.want) > 0.0005e12 {
			t.Errorf("128 + 128 tokens without a cache take %.4g, want %.4g", c.got, c.want)
		}
	}
}

func TestReferencePruning(t *testing.T) {
	for _, c := range []struct {
		name   string
		pruned Pruned
		total  int64
	}{
		{"llama.cpp: before the last block's MLP", Pruned{MLP: 127}, 20_926_293_504},
		{"all but the last block's keys and values", Pruned{127, 127, 127, 127}, 20_601_693_696},
	} {
		plan := Plan{Shape: gpt2, Prompt: 128, Generate: 1, Pruned: c.pruned}
		if err := plan.Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		total := plan.Exact().Prefill.Total()
		for _, g := range plan.Gaps() {
			if g.Phase != Prefill || g.Reason != PrunedRows || g.FLOPs >= 0 {
				t.Errorf("%s: %+v", c.name, g)
			}
			total += g.FLOPs
		}
		if total != c.total {
			t.Errorf("%s: %d, want %d", c.name, total, c.total)
		}
	}
}

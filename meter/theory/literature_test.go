package theory

import (
	"fmt"
	"testing"
)

// estimates are the literature's for a plan, by name.
func estimates(t *testing.T, p Plan) map[string]Estimate {
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	m := map[string]Estimate{}
	for _, e := range p.Literature() {
		if e.Source == "" || e.LeavesOut == "" {
			t.Errorf("%q has no source, or does not say what it leaves out", e.Name)
		}
		m[e.Name] = e
	}
	if len(m) != len(formulas) {
		t.Error("two formulas have one name")
	}
	return m
}

func show(ratio *float64) string {
	if ratio == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f", *ratio)
}

func TestLiteratureRatios(t *testing.T) {
	last := estimates(t, Plan{Shape: gpt2, Prompt: 128, Generate: 1})
	all := estimates(t, Plan{Shape: gpt2, Prompt: 128, Generate: 1, AllLogits: true})
	decode := estimates(t, Plan{Shape: gpt2, Prompt: 1023, Generate: 2}) // one step, which sees 1024 keys
	rows := []struct{ name, last, all, decode string }{
		{"2N", "1.440", "0.998", "0.874"},
		{"kipply", "0.983", "0.681", "0.596"},
		{"Kaplan", "0.996", "0.690", "0.663"},
		{"PaLM", "1.467", "1.017", "1.006"},
		{"Chinchilla", "1.904", "1.319", "–"},
		{"Megatron", "1.457", "1.009", "–"},
		{"nanoGPT", "1.457", "1.009", "–"},
		{"EleutherAI cookbook", "1.457", "1.009", "–"},
		{"EleutherAI cookbook before #54", "2.350", "1.628", "–"},
		{"vLLM", "1.341", "0.929", "1.199"},
	}
	for _, r := range rows {
		got := [3]string{show(last[r.name].PrefillRatio), show(all[r.name].PrefillRatio), show(decode[r.name].DecodeRatio)}
		if want := [3]string{r.last, r.all, r.decode}; got != want {
			t.Errorf("%s: ratios %v, want %v", r.name, got, want)
		}
	}
	if len(rows) != len(last) {
		t.Errorf("%d formulas, of which %d are tested", len(last), len(rows))
	}
}

func TestLiteratureNumbers(t *testing.T) {
	// What the notebook itself prints.
	if n := estimates(t, Plan{Shape: gpt2, Prompt: 1024})["nanoGPT"].Prefill; n != 291_648_307_200 {
		t.Errorf("nanoGPT's transformer_sizing.ipynb: %d", n)
	}
	// The notebook's own N is without biases.
	unbiased := int64(124_439_808-124_337_664) * 2 * 1024
	if n := estimates(t, Plan{Shape: gpt2, Prompt: 1024})["PaLM"].Prefill; n-unbiased != 879_894_724_608/3 {
		t.Errorf("a third of nanoGPT's palm_flops(): %d", n-unbiased)
	}
	// The post's example: 64 layers of width 8192, "about 100B flops".
	if n := kipply(Shape{Layers: 64, Width: 8192}, 1); n != 103_079_215_104 {
		t.Errorf("kipply: %d", n)
	}
	// But for its third matrix of the MLP, vLLM's is the full square with the last logits.
	third := int64(2 * 768 * 3072 * 12)
	if n := vLLM(gpt2, 128, 128) - 128*third; n != 22_424_446_464 {
		t.Errorf("vLLM's prefill without the third matrix: %d", n)
	}
	if n := vLLM(gpt2, 1, 1024) - third; n != 284_812_800 {
		t.Errorf("vLLM's decode step without the third matrix: %d", n)
	}
}

// An inner width that is not four times the width tells the formulas apart. nanoGPT's, Chinchilla's
// (karpathy/nanoGPT:scaling_laws.ipynb, its embeddings and logits added back) and the cookbook's
// figures are what the published code itself gives; the rest is worked out by hand.
func TestLiteratureOddInner(t *testing.T) {
	odd := Shape{Layers: 3, Heads: 5, Width: 35, Inner: 71, Vocabulary: 61, Positions: 160}
	got := estimates(t, Plan{Shape: odd, Prompt: 10})
	for name, want := range map[string]int64{
		"2N":                             2 * 38_573 * 10,
		"kipply":                         24 * 3 * 35 * 35 * 10,
		"Kaplan":                         (2*29_610 + 2*3*10*35) * 10,
		"PaLM":                           (6*38_573 + 12*3*5*7*10) / 3 * 10,
		"Chinchilla":                     724_100,
		"Megatron":                       3*(24*10*35*35+4*10*10*35) + 2*10*35*61,
		"nanoGPT":                        966_700,
		"EleutherAI cookbook":            968_100,
		"EleutherAI cookbook before #54": 1_052_100,
		"vLLM":                           220_500 + 73_500 + 42_000 + 882_000 + 4_270, // qkv, out, attention, ffn, unembed
	} {
		if got[name].Prefill != want {
			t.Errorf("%s: %d, want %d", name, got[name].Prefill, want)
		}
	}
}

func TestLiteratureWithoutDecode(t *testing.T) {
	for name, e := range estimates(t, Plan{Shape: gpt2, Prompt: 128, Generate: 1}) {
		if e.DecodeRatio != nil {
			t.Errorf("%s has a ratio to nothing", name)
		}
		if e.Decode != nil && *e.Decode != 0 {
			t.Errorf("%s: %d FLOPs for no decode step", name, *e.Decode)
		}
	}
}

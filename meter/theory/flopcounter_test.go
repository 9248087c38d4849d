package theory

import (
	"encoding/json"
	"os"
	"testing"
)

// FlopCounterMode counts matrix products and takes no account of causality. What it counted of
// transformers' GPT-2, see testdata/record.py, is the full square to the integer.
func TestFlopCounterMode(t *testing.T) {
	data, err := os.ReadFile("testdata/flopcounter.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Runs []struct {
			Shape      Shape  `json:"shape"`
			Parameters int64  `json:"parameters"`
			Attention  string `json:"attention"`
			Passes     []struct {
				Tokens int64 `json:"tokens"`
				Past   int64 `json:"past"`
				Logits int64 `json:"logits"`
				Products
			} `json:"passes"`
		} `json:"runs"`
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	passes := 0
	for _, run := range recorded.Runs {
		if n := run.Shape.Parameters(); n != run.Parameters {
			t.Errorf("%+v: %d parameters, PyTorch has %d", run.Shape, n, run.Parameters)
		}
		for _, p := range run.Passes {
			passes++
			if square := run.Shape.FullSquare(p.Tokens, p.Past, p.Logits); square != p.Products {
				t.Errorf("%+v, %s attention, %d tokens after %d: %+v, PyTorch counts %+v",
					run.Shape, run.Attention, p.Tokens, p.Past, square, p.Products)
			}
			// The documented lack: the pairs of a token and a later one.
			causal := run.Shape.Causal(p.Tokens, p.Past, p.Logits)
			causal.Attention += 4 * run.Shape.Layers * run.Shape.Width * (p.Tokens * (p.Tokens - 1) / 2)
			if causal != p.Products {
				t.Errorf("%+v, %s attention, %d tokens after %d: %+v with what a mask hides, PyTorch counts %+v",
					run.Shape, run.Attention, p.Tokens, p.Past, causal, p.Products)
			}
		}
	}
	if passes == 0 {
		t.Error("nothing is recorded")
	}
}

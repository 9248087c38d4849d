package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter/theory"
	"github.com/gptmeter/gptmeter/tensor"
)

// A recordedPass is what PyTorch's FlopCounterMode counted of a forward pass over so many tokens
// after past others.
type recordedPass struct {
	Tokens int `json:"tokens"`
	Past   int `json:"past"`
	Logits int `json:"logits"`
	theory.Products
}

// TestFlopCounterMode: what this engine counts is what FlopCounterMode counted of transformers'
// GPT-2 (meter/theory/testdata/record.py), less the pairs that the causal mask hides and the rows that
// the last block drops. It says of itself that it does not account for causality.
func TestFlopCounterMode(t *testing.T) {
	if testing.Short() {
		t.Skip(countsOnce)
	}
	for shape, passes := range recordedPasses(t) {
		t.Run(fmt.Sprintf("%dx%dx%d", shape.Layers, shape.Heads, shape.Width), func(t *testing.T) {
			longest := math.MaxInt
			if shape.Width >= 768 {
				longest = 3 // longer ones take a minute; TestFlopsGPT2 has one
			}
			eachWay(t, func(t *testing.T, kernel string, dtype tensor.DType) {
				m := randomModel(t, shape, kernel, dtype)
				for _, pass := range passes {
					if pass.Past+pass.Tokens > longest {
						continue
					}
					want, masked := pass.Products, int64(pass.Tokens*(pass.Tokens-1)/2)
					want.Attention -= 4 * shape.Layers * shape.Width * masked
					dropped := droppedBy(shape, int64(pass.Tokens-pass.Logits), int64(pass.Past))
					want.Linear -= dropped.Linear
					want.Attention -= dropped.Attention
					if got := countPass(t, m, pass); got != want {
						t.Errorf("%d tokens after %d, %d logits: counted %+v, want %+v", pass.Tokens, pass.Past, pass.Logits, got, want)
					}
				}
			})
		})
	}
}

// droppedBy are the products of the last block for so many rows that want no logits: the projection,
// the MLP, and where the width is whole panels of 32 outputs the queries and attention.
func droppedBy(s theory.Shape, rows, past int64) (p theory.Products) {
	p.Linear = 2 * rows * (s.Width*s.Width + 2*s.Width*s.Inner)
	if s.Width%32 == 0 {
		p.Linear += 2 * rows * s.Width * s.Width
		p.Attention = 4 * s.Width * (rows*past + rows*(rows+1)/2)
	}
	return p
}

// recordedPasses are the recorded ones of each shape, for both implementations of attention.
func recordedPasses(t *testing.T) map[theory.Shape][]recordedPass {
	t.Helper()
	text, err := os.ReadFile("../../meter/theory/testdata/flopcounter.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Runs []struct {
			Shape  theory.Shape   `json:"shape"`
			Passes []recordedPass `json:"passes"`
		} `json:"runs"`
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	passes := map[theory.Shape][]recordedPass{}
	for _, run := range recorded.Runs {
		passes[run.Shape] = append(passes[run.Shape], run.Passes...)
	}
	if len(passes) == 0 {
		t.Fatal("nothing is recorded")
	}
	return passes
}

// countPass has an engine read past tokens in one step and so many in the next, and is what that
// step went on by on the engine's odometer.
func countPass(t *testing.T, m *loaded, pass recordedPass) theory.Products {
	t.Helper()
	steps := engine.Options{MaxBatch: 1, StepTokens: pass.Tokens}
	if pass.Past > 0 {
		steps.StepTokens = pass.Past
	}
	e := engine.New(m.model, m.exec, nil, steps, 0)
	all := pass.Logits == pass.Tokens && pass.Tokens > 1
	task, err := e.Submit(planned(theory.Plan{
		Shape: shapeOf(m.model.Config), Prompt: int64(pass.Past + pass.Tokens), Generate: 1, AllLogits: all,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if pass.Past > 0 {
		if _, err := e.Step(); err != nil {
			t.Fatal(err)
		}
	}
	before := e.Usage().Work
	if _, err := e.Step(); err != nil {
		t.Fatal(err)
	}
	if !task.Done() {
		t.Fatalf("%d tokens after %d are not read in one step", pass.Tokens, pass.Past)
	}
	work := e.Usage().Work.Since(before)
	return theory.Products{
		Linear: work[tensor.Linear].Products, Attention: work[tensor.Attention].Products, Unembed: work[tensor.Unembed].Products,
	}
}

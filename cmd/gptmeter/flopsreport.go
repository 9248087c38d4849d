package main

import (
	"fmt"
	"strings"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/theory"
	"github.com/gptmeter/gptmeter/model"
)

// A flopsReport sets what was counted for a request beside the closed forms of its plan.
type flopsReport struct {
	Model         string       `json:"model"`
	Demonstration bool         `json:"demonstration,omitempty"`
	Kernel        string       `json:"kernel"`
	DType         string       `json:"dtype"`
	Threads       int          `json:"threads"`
	Shape         theory.Shape `json:"shape"`
	Prompt        int64        `json:"prompt"`
	Generate      int64        `json:"generate"`
	AllLogits     bool         `json:"all_logits"`

	Counted    countedPhases     `json:"counted"`
	Exact      theory.Phases     `json:"exact"`
	Gaps       []theory.Gap      `json:"gaps"`
	Literature []theory.Estimate `json:"literature"`
}

// countedPhases is what the kernels counted in a request's two phases.
type countedPhases struct {
	Prefill countedLeg `json:"prefill"`
	Decode  countedLeg `json:"decode"`
}

// A countedLeg is what the kernels counted in one of them. It adds up: linear, attention, unembed
// and non-matmul are all FLOPs of the leg.
type countedLeg struct {
	theory.Products
	NonMatmul int64 `json:"non_matmul"` // biases, LayerNorm, activations, softmax, residuals, embeddings
	Special   int64 `json:"special_ops"`
	Padding   int64 `json:"padding_flops"`
}

// newFlopsReport states the result of the request that the plan is of. What the engine says it has
// left out completes the plan; the count does not.
func newFlopsReport(m *loaded, plan theory.Plan, result engine.Result) *flopsReport {
	plan.Cached = int64(result.Usage.PromptTokensDetails.CachedTokens)
	plan.Pruned = pruned(m.model.Config, plan.Unwanted())
	counted := countedPhases{counted(result.Meter.Prefill), counted(result.Meter.Decode)}
	left := plan.Unexplained(theory.Phases{Prefill: counted.Prefill.Products, Decode: counted.Decode.Products})
	return &flopsReport{
		Model: m.name, Demonstration: m.demonstration,
		Kernel: result.Meter.Kernel, DType: result.Meter.DType, Threads: result.Meter.Threads,
		Shape: plan.Shape, Prompt: plan.Prompt, Generate: plan.Generate, AllLogits: plan.AllLogits,
		Counted: counted, Exact: plan.Exact(), Gaps: append(plan.Gaps(), left...), Literature: plan.Literature(),
	}
}

// pruned is what the model leaves out of so many rows whose logits nobody wants.
func pruned(c model.Config, rows int64) theory.Pruned {
	p := theory.Pruned{Projection: rows, MLP: rows}
	if c.PrunesAttention() {
		p.Query, p.Attention = rows, rows
	}
	return p
}

func counted(leg meter.Leg) (c countedLeg) {
	for _, o := range leg.Operators {
		switch theory.Operator(o.Operator) {
		case theory.Linear:
			c.Linear += o.ProductFlops
		case theory.Attention:
			c.Attention += o.ProductFlops
		case theory.Unembed:
			c.Unembed += o.ProductFlops
		}
	}
	c.NonMatmul = leg.Flops - c.Total()
	c.Special, c.Padding = leg.SpecialOps, leg.PaddingFlops
	return c
}

// gapsOf lists the gaps of one operator in a phase.
func (r *flopsReport) gapsOf(phase theory.Phase, operator theory.Operator) (gaps []theory.Gap) {
	for _, g := range r.Gaps {
		if g.Phase == phase && g.Operator == operator {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// unexplained is an error where a difference between the count and the exact form has no reason
// in the plan.
func (r *flopsReport) unexplained() error {
	var differences []string
	for _, g := range r.Gaps {
		if g.Reason == theory.Unexplained {
			differences = append(differences, fmt.Sprintf("%s %s by %s FLOPs", g.Phase, g.Operator, grouped(g.FLOPs)))
		}
	}
	if len(differences) == 0 {
		return nil
	}
	return fmt.Errorf("%s: the count differs from theory, unexplained: %s", r.Model, strings.Join(differences, ", "))
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter/theory"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// flopsShapes are small, and awkward to tiles: odd widths and heads, an inner width that is not
// four times the width, more heads than a head is wide, and next to nothing.
var flopsShapes = []theory.Shape{
	{Layers: 3, Heads: 5, Width: 35, Inner: 71, Vocabulary: 61, Positions: 192},
	{Layers: 2, Heads: 16, Width: 64, Inner: 256, Vocabulary: 97, Positions: 192},
	{Layers: 1, Heads: 1, Width: 1, Inner: 1, Vocabulary: 1, Positions: 192},
}

// countsOnce is why the tests of counts are left out where the same is run once more, with the race detector or
// without assembly.
const countsOnce = "what the portable kernels count was held to theory already, and kernels have tests of their own"

// TestFlops: for every kernel and number format that there is, what was counted is the exact form
// less the rows that the last block drops, to the integer.
func TestFlops(t *testing.T) {
	if testing.Short() {
		t.Skip(countsOnce)
	}
	eachWay(t, func(t *testing.T, kernel string, dtype tensor.DType) {
		for _, shape := range flopsShapes {
			m := randomModel(t, shape, kernel, dtype)
			for _, prompt := range []int64{1, 2, 127, 128, 129} {
				for _, generate := range []int64{0, 1, 64} {
					for _, all := range []bool{false, true} {
						checkFlops(t, m, theory.Plan{Shape: shape, Prompt: prompt, Generate: generate, AllLogits: all})
					}
				}
			}
		}
	})
}

// TestFlopsGPT2 does the same for GPT-2 124M and 355M, once each.
func TestFlopsGPT2(t *testing.T) {
	if testing.Short() {
		t.Skip("a request to GPT-2 124M and one to 355M take seconds")
	}
	for _, c := range []struct {
		name   string
		prompt int64
	}{{"synthetic:gpt2", 128}, {"synthetic:gpt2-medium", 16}} {
		m := loadModel(t, c.name)
		checkFlops(t, m, theory.Plan{Shape: shapeOf(m.model.Config), Prompt: c.prompt, Generate: 2})
	}
}

// checkFlops runs the request of the plan on an engine of its own, where nothing is cached.
func checkFlops(t *testing.T, m *loaded, plan theory.Plan) {
	t.Helper()
	if err := plan.Check(); err != nil {
		t.Fatal(err)
	}
	before := m.exec.Work()
	result, err := runPlan(t.Context(), m, plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newFlopsReport(m, plan, result)
	checkSums(t, r)
	plan.Pruned = prunedFor(plan)
	if want := fmt.Sprint(plan.Gaps()); fmt.Sprint(r.Gaps) != want || r.unexplained() != nil {
		t.Errorf("%s: gaps %v, want %s, %v", r.request(), r.Gaps, want, r.unexplained())
	}
	odometer := m.exec.Work().Since(before).Total()
	if n := r.Counted.Prefill.Total() + r.Counted.Decode.Total(); n != odometer.Products {
		t.Errorf("%s: the phases have %d FLOPs of products, the odometer went on by %d", r.request(), n, odometer.Products)
	}
	if n := r.Counted.Prefill.NonMatmul + r.Counted.Decode.NonMatmul; n != odometer.Elementwise {
		t.Errorf("%s: the phases have %d other FLOPs, the odometer went on by %d", r.request(), n, odometer.Elementwise)
	}
}

// prunedFor are the rows of the prompt that the last block drops: all that want no logits, the
// queries and attention of which only where the width is whole panels of 32 outputs.
func prunedFor(p theory.Plan) (pruned theory.Pruned) {
	rows := p.Prompt - p.Cached
	switch {
	case p.AllLogits:
		rows = 0
	case p.Generate > 0:
		rows--
	}
	pruned = theory.Pruned{Projection: rows, MLP: rows}
	if p.Shape.Width%32 == 0 {
		pruned.Query, pruned.Attention = rows, rows
	}
	return pruned
}

// checkSums: for each phase and operator, counted = exact + the sum of its gaps.
func checkSums(t *testing.T, r *flopsReport) {
	t.Helper()
	for _, phase := range []struct {
		name    theory.Phase
		counted theory.Products
		exact   theory.Products
	}{
		{theory.Prefill, r.Counted.Prefill.Products, r.Exact.Prefill},
		{theory.Decode, r.Counted.Decode.Products, r.Exact.Decode},
	} {
		for _, row := range productRows(phase.counted, phase.exact) {
			sum := row.exact
			for _, g := range r.Gaps {
				if g.Phase == phase.name && g.Operator == row.operator {
					sum += g.FLOPs
				}
			}
			if row.counted != sum {
				t.Errorf("%s, %s kernels, %s, %s: %s %s is counted as %d, exact form and gaps are %d",
					r.Model, r.Kernel, r.DType, r.request(), phase.name, row.operator, row.counted, sum)
			}
		}
	}
}

// TestFlopsCachedPrefix: of a prompt that begins like another one, what was found computed is a gap
// that the plan explains.
func TestFlopsCachedPrefix(t *testing.T) {
	eachWay(t, func(t *testing.T, kernel string, dtype tensor.DType) {
		m := randomModel(t, flopsShapes[0], kernel, dtype)
		plan := theory.Plan{Shape: flopsShapes[0], Prompt: 128, Generate: 3}
		shorter := plan
		shorter.Prompt = 100
		e := engine.New(m.model, m.exec, nil, engine.DefaultOptions, 0)
		var task *engine.Task
		for _, p := range []theory.Plan{shorter, plan} {
			var err error
			if task, err = e.Submit(planned(p)); err != nil {
				t.Fatal(err)
			}
		}
		for e.Pending() {
			if _, err := e.Step(); err != nil {
				t.Fatal(err)
			}
		}
		r := newFlopsReport(m, plan, task.Result())
		checkSums(t, r)
		if err := r.unexplained(); err != nil {
			t.Error(err)
		}
		plan.Cached = 100
		plan.Pruned = prunedFor(plan)
		if want := fmt.Sprint(plan.Gaps()); fmt.Sprint(r.Gaps) != want {
			t.Errorf("gaps %v, want %s", r.Gaps, want)
		}
	})
}

// TestFlopsInterrupted: a request that is not complete cannot be set beside theory.
func TestFlopsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := randomModel(t, flopsShapes[0], auto, tensor.F32)
	if _, err := runPlan(ctx, m, theory.Plan{Shape: flopsShapes[0], Prompt: 1, Generate: 1}, nil); !errors.Is(err, errInterrupted) {
		t.Errorf("%v, want %v", err, errInterrupted)
	}
}

// TestFlopsProgress: progress goes up to all of a request's tokens.
func TestFlopsProgress(t *testing.T) {
	m := randomModel(t, flopsShapes[0], auto, tensor.F32)
	var seen []int64
	progress := func(done, all int64) { seen = append(seen, done, all) }
	for _, c := range []struct {
		generate int64
		want     []int64
	}{{0, []int64{5, 5}}, {3, []int64{5, 7, 6, 7, 7, 7}}} {
		seen = nil
		if _, err := runPlan(t.Context(), m, theory.Plan{Shape: flopsShapes[0], Prompt: 5, Generate: c.generate}, progress); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(seen, c.want) {
			t.Errorf("%d tokens generated: progress %v, want %v", c.generate, seen, c.want)
		}
	}
}

// eachWay runs a test with every set of kernels of this machine and every number format.
func eachWay(t *testing.T, test func(t *testing.T, kernel string, dtype tensor.DType)) {
	for _, kernel := range tensor.Kernels() {
		for _, dtype := range tensor.DTypes() {
			t.Run(kernel+"/"+dtype.String(), func(t *testing.T) { test(t, kernel, dtype) })
		}
	}
}

// loadModel loads a model by name for as long as the test runs.
func loadModel(t *testing.T, name string) *loaded {
	t.Helper()
	p, _ := testProgram(t)
	m, err := p.load(t.Context(), modelFlags{model: name, dtype: auto, kernel: auto}, true)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// randomModel has random weights of any shape.
func randomModel(t *testing.T, s theory.Shape, kernel string, dtype tensor.DType) *loaded {
	t.Helper()
	pool := tensor.NewPool(2)
	t.Cleanup(pool.Close)
	x, err := tensor.NewExec(pool, kernel)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(x, randomSource{s}, dtype, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%dx%dx%d", s.Layers, s.Heads, s.Width)
	return &loaded{name: name, model: m, exec: x}
}

// A randomSource is a checkpoint whose head is its embedding.
type randomSource struct{ theory.Shape }

func (s randomSource) Config() []byte {
	text, err := json.Marshal(map[string]any{
		"model_type": "gpt2", "n_layer": s.Layers, "n_head": s.Heads, "n_embd": s.Width, "n_inner": s.Inner,
		"n_positions": s.Positions, "vocab_size": s.Vocabulary,
	})
	if err != nil {
		panic(err)
	}
	return text
}

func (s randomSource) Tensor(name string, shape ...int) (tensor.Elements, error) {
	if name == "lm_head.weight" {
		return nil, fs.ErrNotExist
	}
	n := 1
	for _, size := range shape {
		n *= size
	}
	seed := fnv.New64a()
	seed.Write([]byte(name))
	random := rand.New(rand.NewPCG(seed.Sum64(), 0))
	e := make(elements, n)
	for i := range e {
		e[i] = float32(random.NormFloat64())
	}
	return e, nil
}

// elements are a tensor that lies in memory.
type elements []float32

func (e elements) Read(dst []float32, at int) { copy(dst, e[at:]) }
func (e elements) Release()                   {}

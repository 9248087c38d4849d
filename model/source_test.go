package model_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// A source is a checkpoint in memory.
type source struct {
	config   []byte
	tensors  map[string]memory
	asked    []string       // names of the tensors that were asked for, in order
	released map[string]int // how often, by name
}

// A memory is a tensor of a source.
type memory struct {
	shape   []int
	data    []float32
	release func()
}

func (m memory) Read(dst []float32, at int) { copy(dst, m.data[at:at+len(dst)]) }
func (m memory) Release()                   { m.release() }

func (s *source) Config() []byte { return s.config }

func (s *source) Tensor(name string, shape ...int) (tensor.Elements, error) {
	s.asked = append(s.asked, name)
	m, ok := s.tensors[name]
	if !ok {
		return nil, fmt.Errorf("tensor %q: %w", name, fs.ErrNotExist)
	}
	if !slices.Equal(m.shape, shape) {
		return nil, fmt.Errorf("tensor %q has shape %v, not %v", name, m.shape, shape)
	}
	m.release = func() { s.released[name]++ }
	return m, nil
}

// newSource makes a checkpoint of a shape, with random weights large enough that attention looks
// at some positions more than at others.
func newSource(c model.Config, seed uint64) *source {
	config, err := json.Marshal(keysOf(c))
	if err != nil {
		panic(err)
	}
	s := &source{config: config, tensors: map[string]memory{}, released: map[string]int{}}
	r := rand.New(rand.NewPCG(3, seed))
	for _, name := range slices.Sorted(maps.Keys(shapes(c))) {
		s.put(r, name, shapes(c)[name]...)
	}
	return s
}

func (s *source) put(r *rand.Rand, name string, shape ...int) {
	m := memory{shape: shape, data: make([]float32, elements(shape))}
	for i := range m.data {
		m.data[i] = float32(0.4 * r.NormFloat64())
	}
	s.tensors[name] = m
}

func elements(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

// shapes has the tensors of a GPT-2 by GPT2Model's names, and lm_head.weight if it is not tied.
func shapes(c model.Config) map[string][]int {
	all := map[string][]int{
		"wte.weight": {c.Vocabulary, c.Width}, "wpe.weight": {c.Positions, c.Width},
		"ln_f.weight": {c.Width}, "ln_f.bias": {c.Width},
	}
	for i := range c.Layers {
		for name, shape := range map[string][]int{
			"ln_1.weight": {c.Width}, "ln_1.bias": {c.Width},
			"attn.c_attn.weight": {c.Width, 3 * c.Width}, "attn.c_attn.bias": {3 * c.Width},
			"attn.c_proj.weight": {c.Width, c.Width}, "attn.c_proj.bias": {c.Width},
			"ln_2.weight": {c.Width}, "ln_2.bias": {c.Width},
			"mlp.c_fc.weight": {c.Width, c.Inner}, "mlp.c_fc.bias": {c.Inner},
			"mlp.c_proj.weight": {c.Inner, c.Width}, "mlp.c_proj.bias": {c.Width},
		} {
			all[fmt.Sprintf("h.%d.%s", i, name)] = shape
		}
	}
	if !c.Tied {
		all["lm_head.weight"] = []int{c.Vocabulary, c.Width}
	}
	return all
}

// small is a GPT-2 of 5 heads of 7, an odd inner width and a vocabulary that is no multiple of 32.
func small() model.Config {
	c := gpt2
	c.Layers, c.Heads, c.Width, c.Inner, c.Positions, c.Vocabulary = 2, 5, 35, 33, 80, 97
	return c
}

func newExec(t testing.TB, workers int, kernels string) *tensor.Exec {
	t.Helper()
	pool := tensor.NewPool(workers)
	t.Cleanup(pool.Close)
	x, err := tensor.NewExec(pool, kernels)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// differ names the first element whose bits differ; any two NaNs are alike. It is empty if none does.
func differ(got, want []float32) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d elements, not %d", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i]; math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
			return fmt.Sprintf("element %d is %v, not %v", i, g, w)
		}
	}
	return ""
}

package model_test

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

const headName = "lm_head.weight"

// headed are the kinds of checkpoint that differ in the head.
type headed struct {
	name   string
	source *source
	own    bool // logits are made with lm_head.weight, not with wte.weight
}

func heads() []headed {
	untied := small()
	untied.Tied = false
	tied, equal, other, own := newSource(small(), 1), newSource(small(), 1), newSource(small(), 1), newSource(untied, 1)
	equal.tensors[headName] = equal.tensors["wte.weight"]
	changed := other.tensors["wte.weight"]
	changed.data = slices.Clone(changed.data)
	changed.data[len(changed.data)-1]++ // the one number in which the two differ
	other.tensors[headName] = changed
	return []headed{
		{"tied", tied, false},
		{"tied, and the same head", equal, false},
		{"tied, and another head", other, true},
		{"untied", own, true},
	}
}

// TestLoad: each tensor is asked for by its shape and released, and parameters are counted up to
// all of them, whatever the head.
func TestLoad(t *testing.T) {
	for _, c := range heads() {
		t.Run(c.name, func(t *testing.T) {
			var done, all int64
			m, err := model.Load(newExec(t, 2, "auto"), c.source, tensor.F32, func(d, a int64) {
				if d <= done || d > a || a < all {
					t.Errorf("progress is %d of %d after %d of %d", d, a, done, all)
				}
				done, all = d, a
			})
			if err != nil {
				t.Fatal(err)
			}
			if m.DType() != tensor.F32 {
				t.Errorf("the model is held as %v", m.DType())
			}
			want := int64(0)
			for name, stored := range c.source.tensors {
				if c.source.released[name] == 0 {
					t.Errorf("%s was not read and released", name)
				}
				if name != headName || c.own {
					want += int64(elements(stored.shape))
				}
			}
			if done != want || all != want {
				t.Errorf("%d of %d parameters were counted, not %d", done, all, want)
			}
			if got := m.Config.Parameters(); got != want && c.name != "tied, and another head" {
				t.Errorf("the configuration has %d parameters, not %d", got, want)
			}
		})
	}
}

// TestHead: lm_head.weight is the head wherever it is there and differs from the embedding.
func TestHead(t *testing.T) {
	for _, c := range heads() {
		t.Run(c.name, func(t *testing.T) {
			explicit := small()
			explicit.Tied = false
			same := newSource(explicit, 1)
			maps.Copy(same.tensors, c.source.tensors)
			if !c.own {
				same.tensors[headName] = same.tensors["wte.weight"]
			}
			if d := differ(lastLogits(t, c.source), lastLogits(t, same)); d != "" {
				t.Error(d)
			}
			another := newSource(explicit, 1)
			maps.Copy(another.tensors, c.source.tensors)
			another.put(rand.New(rand.NewPCG(3, 4)), headName, small().Vocabulary, small().Width)
			if d := differ(lastLogits(t, c.source), lastLogits(t, another)); d == "" {
				t.Error("another head gives the same logits")
			}
		})
	}
}

// lastLogits are those of the last token of a short text.
func lastLogits(t *testing.T, s *source) (logits []float32) {
	t.Helper()
	x := newExec(t, 2, "auto")
	m, err := model.Load(x, s, tensor.F32, nil)
	if err != nil {
		t.Fatal(err)
	}
	span := model.Span{Tokens: []int{1, 2, 96, 0}, Cache: m.NewCache(), Logits: 1}
	if err := m.Forward(x, []model.Span{span}, func(_, _ int, l []float32) { logits = slices.Clone(l) }); err != nil {
		t.Fatal(err)
	}
	return logits
}

// TestMissingTensor: whichever tensor is missing, the error names it and is fs.ErrNotExist.
func TestMissingTensor(t *testing.T) {
	untied := small()
	untied.Tied = false
	for name := range shapes(untied) {
		s := newSource(untied, 1)
		delete(s.tensors, name)
		loadFails(t, s, name, fs.ErrNotExist)
	}
	for name := range shapes(small()) {
		s := newSource(small(), 1)
		delete(s.tensors, name)
		loadFails(t, s, name, fs.ErrNotExist)
	}
}

// TestWrongShape: whichever tensor has another shape, the error is the source's, and nothing more
// is asked for. The head is not taken for missing then.
func TestWrongShape(t *testing.T) {
	tied := newSource(small(), 1)
	tied.put(rand.New(rand.NewPCG(1, 2)), headName, small().Vocabulary+1, small().Width)
	loadFails(t, tied, headName, nil)

	untied := small()
	untied.Tied = false
	for name, shape := range shapes(untied) {
		s := newSource(untied, 1)
		turned := slices.Clone(shape)
		slices.Reverse(turned)
		if slices.Equal(turned, shape) { // a vector or a square
			turned = append(turned, 1)
		}
		s.put(rand.New(rand.NewPCG(1, 2)), name, turned...)
		loadFails(t, s, name, nil)
	}
}

// loadFails fails if Load does not, at the tensor of that name.
func loadFails(t *testing.T, s *source, name string, want error) {
	t.Helper()
	m, err := model.Load(newExec(t, 1, "auto"), s, tensor.F32, nil)
	switch {
	case err == nil || m != nil:
		t.Errorf("loaded without a good %s", name)
	case !strings.Contains(err.Error(), name) || want != nil && !errors.Is(err, want):
		t.Errorf("without a good %s the error is %v", name, err)
	case s.asked[len(s.asked)-1] != name:
		t.Errorf("after %s failed, more was asked for: %v", name, s.asked)
	}
}

// TestLoadConfig: an error of the configuration comes before any weights are asked for.
func TestLoadConfig(t *testing.T) {
	s := newSource(small(), 1)
	s.config = configOf(`"n_layer": 1000000000`)
	_, err := model.Load(newExec(t, 1, "auto"), s, tensor.F32, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "config.json: n_layer is 1000000000") || len(s.asked) > 0 {
		t.Errorf("the error is %v, after asking for %v", err, s.asked)
	}
}

package model_test

import (
	"slices"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// A runner runs one checkpoint.
type runner struct {
	model *model.Model
	exec  *tensor.Exec
}

func load(t *testing.T, folder, kernels string) runner {
	t.Helper()
	pool := tensor.NewPool(2)
	t.Cleanup(pool.Close)
	exec, err := tensor.NewExec(pool, kernels)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(exec, open(t, folder), tensor.F32, nil)
	if err != nil {
		t.Fatal(err)
	}
	return runner{m, exec}
}

// forward feeds ids in chunks. It returns the logits (T, V) of them all and what was observed.
func (r runner) forward(t *testing.T, ids []int, chunk int) (logits tensor.Tensor, hidden map[string]tensor.Tensor) {
	t.Helper()
	hidden = map[string]tensor.Tensor{}
	r.model.Observe(func(name string, rows tensor.Tensor) { hidden[name] = appendRows(hidden[name], rows.Data, rows.Cols) })
	cache := r.model.NewCache()
	for part := range slices.Chunk(ids, chunk) {
		span := model.Span{Tokens: part, Cache: cache, Logits: len(part)}
		err := r.model.Forward(r.exec, []model.Span{span}, func(_, _ int, row []float32) {
			logits = appendRows(logits, row, len(row))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return logits, hidden
}

func appendRows(m tensor.Tensor, data []float32, cols int) tensor.Tensor {
	return tensor.Tensor{Rows: m.Rows + len(data)/cols, Cols: cols, Data: append(m.Data, data...)}
}

// greedy returns the n ids that follow ids if always the likeliest is taken, the lowest of equals.
func (r runner) greedy(t *testing.T, ids []int, n int) (added []int) {
	t.Helper()
	cache := r.model.NewCache()
	for range n {
		var next int
		span := model.Span{Tokens: ids, Cache: cache, Logits: 1}
		err := r.model.Forward(r.exec, []model.Span{span}, func(_, _ int, logits []float32) {
			next = slices.Index(logits, slices.Max(logits))
		})
		if err != nil {
			t.Fatal(err)
		}
		added = append(added, next)
		ids = []int{next}
	}
	return added
}

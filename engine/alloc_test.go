package engine

import (
	"fmt"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// TestStepAllocatesNothing: once the first step of its kind has run, neither reading a prompt in
// parts nor generating allocates anything, for one sequence or a batch, greedy or by chance, up to
// the end. That a text is wanted costs its strings, and log-probabilities their lists.
func TestStepAllocatesNothing(t *testing.T) {
	for _, c := range []struct {
		kind  string
		batch int
		dtype tensor.DType
	}{
		{"greedy", 1, tensor.F32}, {"greedy", 3, tensor.F32}, {"default", 1, tensor.F32}, {"default", 3, tensor.F32},
		{"penalised", 1, tensor.F32}, {"penalised", 3, tensor.F32},
		{"greedy", 1, tensor.BF16}, {"greedy", 3, tensor.Int8}, {"greedy", 1, tensor.Int8}, {"greedy", 3, tensor.Int4},
	} {
		kind, batch := c.kind, c.batch
		t.Run(fmt.Sprintf("%s/batch=%d/%v", kind, batch, c.dtype), func(t *testing.T) {
			const chunk, chunks, generate = 8, 6, 40
			checkpoint, err := weights.Open("tiny")
			if err != nil {
				t.Fatal(err)
			}
			defer checkpoint.Close()
			x := newExec(t, 2)
			m, err := model.Load(x, checkpoint, c.dtype, nil)
			if err != nil {
				t.Fatal(err)
			}
			e := New(m, x, nil, Options{MaxBatch: batch, StepTokens: chunk}, 0)
			for i := range batch {
				r := request(make([]int, chunk*chunks/batch), generate)
				r.Prompt[0], r.IgnoreEOS = i, true
				switch kind {
				case "default":
					r.Sampling = Default().Sampling
				case "penalised":
					r.Sampling = Default().Sampling
					r.Sampling.FrequencyPenalty, r.Sampling.TopK = 0.3, 0
				}
				submit(t, e, r)
			}
			step := func() {
				if _, err := e.Step(); err != nil {
					t.Fatal(err)
				}
			}
			step()
			if batch == 1 { // others would begin meanwhile
				// AllocsPerRun runs it once more, and the last part gives the first token.
				if n := testing.AllocsPerRun(chunks-3, step); n != 0 {
					t.Errorf("reading a part of a prompt allocates %v times", n)
				}
			}
			for !e.running[batch-1].prefilled {
				step()
			}
			step()
			if n := testing.AllocsPerRun(generate/2, step); n != 0 {
				t.Errorf("generating allocates %v times a step", n)
			}
		})
	}
}

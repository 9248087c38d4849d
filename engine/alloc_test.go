package engine

import (
	"fmt"
	"testing"
)

// TestStepAllocatesNothing: once the first step of its kind has run, neither reading a prompt in
// parts nor generating allocates anything, for one sequence or a batch, greedy or by chance, up to
// the end. That a text is wanted costs its strings, and log-probabilities their lists.
func TestStepAllocatesNothing(t *testing.T) {
	for _, batch := range []int{1, 3} {
		for _, kind := range []string{"greedy", "default", "penalised"} {
			t.Run(fmt.Sprintf("%s/batch=%d", kind, batch), func(t *testing.T) {
				const chunk, chunks, generate = 8, 6, 40
				m, err := tiny()
				if err != nil {
					t.Fatal(err)
				}
				e := New(m, newExec(t, 2), nil, Options{MaxBatch: batch, StepTokens: chunk}, 0)
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
				for e.running[batch-1].prefilled == false {
					step()
				}
				step()
				if n := testing.AllocsPerRun(generate/2, step); n != 0 {
					t.Errorf("generating allocates %v times a step", n)
				}
			})
		}
	}
}

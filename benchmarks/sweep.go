package benchmarks

import (
	"errors"
	"fmt"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
)

// A Sweep is what to measure: a test for every combination of the lists.
type Sweep struct {
	Setup
	Depths      []int
	Batches     []int
	Prompts     []int // N of ppN; none to leave prompts out
	PromptBatch int   // the only batch of ppN; 0 for all
	Generates   []int // N of tgN; none to leave generating out
	Repetitions int
}

// A Test is one of a Sweep.
type Test struct {
	Phase   meter.Phase
	Tokens  int // of each sequence, that are read or made
	Batch   int // sequences side by side
	Depth   int // tokens before those, of each sequence
	DType   tensor.DType
	Threads int
}

// Name is what llama-bench calls the test, without its depth: "pp512" or "tg128".
func (t Test) Name() string {
	if t.Phase == meter.Prefill {
		return fmt.Sprintf("pp%d", t.Tokens)
	}
	return fmt.Sprintf("tg%d", t.Tokens)
}

// String tells the test from the others of a sweep.
func (t Test) String() string {
	return fmt.Sprintf("%s, batch %d, depth %d, %v, %s", t.Name(), t.Batch, t.Depth, t.DType, threadsText(t.Threads))
}

// tests are the sweep's in the order in which they run, one format after the other.
func (s Sweep) tests() (tests []Test) {
	for _, d := range s.DTypes {
		for _, threads := range s.Threads {
			for _, depth := range s.Depths {
				for _, batch := range s.Batches {
					for _, n := range s.Prompts {
						if s.PromptBatch != 0 && batch != s.PromptBatch {
							continue
						}
						tests = append(tests, Test{meter.Prefill, n, batch, depth, d, threads})
					}
					for _, n := range s.Generates {
						tests = append(tests, Test{meter.Decode, n, batch, depth, d, threads})
					}
				}
			}
		}
	}
	return tests
}

// Check finds what cannot be run with a model of that shape. Lengths are at least 1.
func (s Sweep) Check(c model.Config) error {
	tests := s.tests()
	if len(tests) == 0 || s.Repetitions < 1 {
		return errors.New("there is nothing to measure")
	}
	for _, t := range tests {
		if err := t.check(c); err != nil {
			return err
		}
	}
	return nil
}

func (t Test) check(c model.Config) error {
	switch {
	case t.Tokens < 1:
		return fmt.Errorf("%s: there is nothing to measure", t.Name())
	case t.Batch < 1 || t.Depth < 0 || t.Threads < 1:
		return fmt.Errorf("%v: there is no such test", t)
	case t.Tokens > c.Positions || t.Depth > c.Positions-t.Tokens:
		return fmt.Errorf("%s at depth %d does not fit the context of %d", t.Name(), t.Depth, c.Positions)
	case t.Batch > c.Vocabulary: // each sequence begins with a token of its own, so that none is cached
		return fmt.Errorf("a batch of %d is more than the vocabulary of %d", t.Batch, c.Vocabulary)
	}
	return nil
}

// options are the limits of an engine that runs the test: those that serve requests, but for a
// larger batch.
func (t Test) options() engine.Options {
	return engine.Options{MaxBatch: t.Batch, StepTokens: max(t.Batch, engine.DefaultOptions.StepTokens)}
}

// Memory is what running the sweep takes: the weights in one format at a time, the caches and the
// matrices of the largest test, and what the peak of reading is measured with.
func (s Sweep) Memory(c model.Config) (bytes int64) {
	for _, t := range s.tests() {
		bytes = max(bytes, c.WeightBytes(t.DType)+t.memory(c))
	}
	return s.withMargin(bytes)
}

// memory is what a test takes beside the weights: caches, and the matrices of its largest step
// twice, since room is made for them anew when they have grown.
func (t Test) memory(c model.Config) int64 {
	// The depth's cache is shared with what comes after, but for the block in which the two meet.
	caches := c.CacheBytes(t.Depth, t.DType) + c.CacheBytes(1, t.DType) + c.CacheBytes(t.Tokens, t.DType)
	rows := t.Batch
	if t.Phase == meter.Prefill || t.Depth > 0 {
		rows = min(t.options().StepTokens, t.Batch*max(t.Depth, t.Tokens))
	}
	return int64(t.Batch)*caches + 2*c.StepBytes(rows, min(rows, t.Batch), t.DType)
}

package bill

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/meter"
)

// A Test is a result of a benchmark.
type Test struct {
	Choice
	Phase          string // "prefill" or "decode"
	Tokens         int    // that each sequence reads or makes: 512 of pp512
	BytesRead      float64
	Flops          float64 // of a repetition, as BytesRead
	FlopsPerSecond float64
	Peak           float64 // of its format, on as many threads, in operations a second; 0 where it was not measured
	OfPeak         *float64
	OfBandwidth    *float64
}

// A Want selects among the results. What is nil, or "", selects nothing.
type Want struct {
	DType   string
	Threads *int
	Batch   *int
	Depth   *int

	promptBatch *int // of prompts, where not Batch
}

// A ChoiceError is the error for results of which more than one could be meant, or none.
type ChoiceError struct {
	Choices []string // as flags would have them; all that there are where none is meant
	none    string   // what there is none of
}

func (e *ChoiceError) Error() string {
	if e.none != "" {
		return fmt.Sprintf("no %s result is among those measured: %s", e.none, strings.Join(e.Choices, ", "))
	}
	return fmt.Sprintf("the results leave %d choices: %s", len(e.Choices), strings.Join(e.Choices, ", "))
}

// chosen are the results that a query can use: each phase's, all of one format, number of threads,
// and depth.
type chosen struct{ prefill, decode []Test }

// choose selects.
func (w Want) choose(tests []Test) (m chosen, err error) {
	var choices []string
	for _, t := range tests {
		if w.DType != "" && t.DType != w.DType || w.Threads != nil && t.Threads != *w.Threads || w.Depth != nil && t.Depth != *w.Depth {
			continue
		}
		if c := fmt.Sprintf("--dtype %s --threads %d --depth %d", t.DType, t.Threads, t.Depth); !slices.Contains(choices, c) {
			choices = append(choices, c)
		}
		switch t.Phase {
		case meter.Prefill.String():
			m.prefill = append(m.prefill, t)
		case meter.Decode.String():
			m.decode = append(m.decode, t)
		}
	}
	switch {
	case len(choices) > 1:
		return m, &ChoiceError{Choices: choices}
	case len(m.prefill) == 0:
		return m, &ChoiceError{Choices: all(tests), none: "such prefill (pp)"}
	case len(m.decode) == 0:
		return m, &ChoiceError{Choices: all(tests), none: "such decode (tg)"}
	}
	if w.Batch != nil {
		if m.decode = ofBatch(m.decode, *w.Batch); len(m.decode) == 0 {
			return m, &ChoiceError{Choices: all(tests), none: fmt.Sprintf("such decode (tg) of batch %d", *w.Batch)}
		}
	}
	for _, batch := range []*int{w.promptBatch, w.Batch} {
		if batch == nil {
			continue
		}
		if same := ofBatch(m.prefill, *batch); len(same) > 0 {
			m.prefill = same
		}
		break
	}
	return m, nil
}

func all(tests []Test) (list []string) {
	for _, t := range tests {
		list = append(list, fmt.Sprintf("%s of %s, batch %d, %d threads, depth %d", t.Test, t.DType, t.Batch, t.Threads, t.Depth))
	}
	return list
}

// prompts is the result that a prompt's reading is priced by: of the smallest batch, and of the
// length nearest to one of so many tokens.
func (m chosen) prompts(tokens float64) Test {
	return nearest(ofBatch(m.prefill, slices.Min(batches(m.prefill))), tokens)
}

// generation is the result of that batch, and of the length nearest to so many tokens.
func (m chosen) generation(batch int, tokens float64) Test {
	return nearest(ofBatch(m.decode, batch), tokens)
}

// batches lists those of tests, the smallest first.
func batches(tests []Test) (list []int) {
	for _, t := range tests {
		list = append(list, t.Batch)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func ofBatch(tests []Test, batch int) (list []Test) {
	for _, t := range tests {
		if t.Batch == batch {
			list = append(list, t)
		}
	}
	return list
}

// nearest is the test with the nearest length, the shorter of two; the first where tokens is 0.
func nearest(tests []Test, tokens float64) Test {
	if tokens == 0 {
		return tests[0]
	}
	return slices.MinFunc(tests, func(a, b Test) int {
		da, db := math.Abs(float64(a.Tokens)-tokens), math.Abs(float64(b.Tokens)-tokens)
		switch {
		case da < db || da == db && a.Tokens < b.Tokens:
			return -1
		case da > db || a.Tokens > b.Tokens:
			return 1
		}
		return 0
	})
}

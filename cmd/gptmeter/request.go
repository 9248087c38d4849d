package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/spf13/pflag"
)

// A request is what flags, or a line of a prompt file, ask for.
type request struct {
	engine.Request         // without Prompt and Seed
	text           string  // the prompt
	ids            []int   // --prompt-ids, in its place; nil where there are none
	seed           *uint64 // --seed; nil for one at random
	truncate       string  // --truncate
	place          string  // for errors, where not the command line
	line           int     // of the prompt file, from 0
}

// Values of --truncate.
const (
	truncateNone = "none"
	truncateLeft = "left"
)

func newRequest() request { return request{Request: engine.Default(), truncate: truncateNone} }

// flags adds the flags that shape an answer. What r holds is their default.
func (r *request) flags(f *pflag.FlagSet) {
	s := &r.Sampling
	positive := func(x float64) bool { return x > 0 }
	notNegative := func(x float64) bool { return x >= 0 }
	probability := func(x float64) bool { return x >= 0 && x <= 1 }
	whatever := func(float64) bool { return true }

	f.Var(ids{&r.ids}, "prompt-ids", "prompt as token `IDS`, such as 1,2,3")
	f.Var(oneOf(&r.truncate, []string{truncateNone, truncateLeft}), "truncate",
		"where prompt and --max-tokens exceed the context, left keeps the end of the prompt (none|left)")
	whole(f, &r.MaxTokens, "max-tokens", 0, math.MaxInt, "most tokens to generate")
	number(f, &s.Temperature, "temperature", "0 or more", notNegative, "how freely to choose; 0 always takes the likeliest")
	whole(f, &s.TopK, "top-k", 0, math.MaxInt, "choose among so many likeliest tokens; 0 among all")
	number(f, &s.TopP, "top-p", "in 0..1", probability, "choose among the likeliest tokens that make up this probability")
	number(f, &s.MinP, "min-p", "in 0..1", probability, "choose among tokens at least this likely, relative to the likeliest")
	number(f, &s.RepeatPenalty, "repeat-penalty", "above 0", positive, "make the last 64 tokens less likely; 1 is off")
	number(f, &s.FrequencyPenalty, "frequency-penalty", "", whatever, "take this from a token's logit for each time it was there")
	number(f, &s.PresencePenalty, "presence-penalty", "", whatever, "take this from a token's logit if it was there")
	f.Var(biases{&s.LogitBias}, "logit-bias", "add B to the logit of token ID (repeatable)")
	f.Var(seed{&r.seed}, "seed", "seed of the random choices (default: at random)")
	f.StringArrayVar(&r.Stop, "stop", r.Stop, "end before this `TEXT` (repeatable)")
	f.BoolVar(&r.IgnoreEOS, "ignore-eos", r.IgnoreEOS, "go on after the model has ended the text")
	whole(f, &r.N, "n", 1, engine.MaxChoices, "answers to make")
	f.BoolVar(&r.Echo, "echo", r.Echo, "begin the answer with the prompt")
	whole(f, &r.Logprobs, "logprobs", 0, engine.MaxLogprobs,
		"list each token's log-probability and those of the `K` likeliest, in JSON")
	f.Lookup("logprobs").DefValue = "" // the engine's -1 is no value that can be asked for
}

// prepare turns r into what the engine takes, for a model with this context. The number of tokens
// that --truncate has cut comes with it.
func (r *request) prepare(m *loaded) (_ engine.Request, cut int, err error) {
	prompt := r.ids
	if prompt == nil {
		if m.tokenizer == nil {
			return engine.Request{}, 0, errorWithHint(unusable(fmt.Errorf("%s: %w", m.name, tokenizer.ErrNone)),
				"--prompt-ids works without a tokenizer")
		}
		prompt = m.tokenizer.Encode(r.text)
	}
	if len(prompt) == 0 {
		id, ok := m.endOfText()
		if !ok {
			return engine.Request{}, 0, usageError("the prompt is empty and %s has no <|endoftext|> to start from", m.name)
		}
		prompt = []int{id}
	}
	if context := m.model.Config.Positions; r.truncate == truncateLeft {
		cut = max(0, len(prompt)-max(1, context-r.MaxTokens))
	}
	out := r.Request
	out.Prompt = prompt[cut:]
	if out.Seed = randomSeed(); r.seed != nil {
		out.Seed = *r.seed
	}
	return out, cut, nil
}

// randomSeed is below 2^53, so that a program that reads JSON numbers as doubles keeps it.
func randomSeed() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:]) >> 11
}

package engine

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// A Request is a prompt and what is to be made of it.
type Request struct {
	Prompt    []int // ids
	MaxTokens int   // for each choice
	N         int   // choices
	Seed      uint64
	Sampling  Sampling
	Stop      []string // texts that end a choice; they are not part of it
	IgnoreEOS bool     // go on after the model has ended the text
	Echo      bool     // begin the answer with the prompt
	Logprobs  int      // alternatives to list for each token; -1: no log-probabilities
}

// Sampling is how a token is chosen from the logits. The steps and their order are llama.cpp's:
// logit bias, penalties, top-k, top-p, min-p, temperature, a draw.
type Sampling struct {
	Temperature      float64 // 0 takes the likeliest token, the lowest id where several are
	TopK             int     // keep the k likeliest; 0 keeps all
	TopP             float64 // keep the likeliest that make up this probability; 1 keeps all
	MinP             float64 // keep those at least this likely, as a share of the likeliest; 0 keeps all
	RepeatPenalty    float64 // divides a positive logit, multiplies a negative one, of a recent token; 1 is none
	FrequencyPenalty float64 // taken from a recent token's logit, for each time it was there
	PresencePenalty  float64 // taken from a recent token's logit once
	LogitBias        map[int]float64
}

// Default is what a request asks for that does not say otherwise.
func Default() Request {
	return Request{MaxTokens: 64, N: 1, Logprobs: -1,
		Sampling: Sampling{Temperature: 0.8, TopK: 40, TopP: 0.95, RepeatPenalty: 1}}
}

// Limits on numbers whose size a request chooses and the program has to pay for.
const (
	MaxChoices  = 128
	MaxLogprobs = 1 << 10
)

// check finds what no model could serve.
func (r *Request) check(vocabulary, context int) error {
	s := &r.Sampling
	switch {
	case len(r.Prompt) == 0:
		return fmt.Errorf("the prompt has no tokens")
	case len(r.Prompt) > context:
		return fmt.Errorf("the prompt has %d tokens and the context %d", len(r.Prompt), context)
	case r.MaxTokens < 0:
		return fmt.Errorf("max-tokens is %d, not 0 or more", r.MaxTokens)
	case r.N < 1 || r.N > MaxChoices:
		return fmt.Errorf("n is %d, not in 1..%d", r.N, MaxChoices)
	case r.Logprobs < -1 || r.Logprobs > MaxLogprobs:
		return fmt.Errorf("logprobs is %d, not in 0..%d", r.Logprobs, MaxLogprobs)
	case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0):
		return fmt.Errorf("temperature is %v, not 0 or more", s.Temperature)
	case s.TopK < 0:
		return fmt.Errorf("top-k is %d, not 0 or more", s.TopK)
	case !(s.TopP >= 0 && s.TopP <= 1):
		return fmt.Errorf("top-p is %v, not in 0..1", s.TopP)
	case !(s.MinP >= 0 && s.MinP <= 1):
		return fmt.Errorf("min-p is %v, not in 0..1", s.MinP)
	case !(s.RepeatPenalty > 0) || math.IsInf(s.RepeatPenalty, 0):
		return fmt.Errorf("repeat-penalty is %v, not above 0", s.RepeatPenalty)
	case !finite(s.FrequencyPenalty):
		return fmt.Errorf("frequency-penalty is %v, not a number", s.FrequencyPenalty)
	case !finite(s.PresencePenalty):
		return fmt.Errorf("presence-penalty is %v, not a number", s.PresencePenalty)
	}
	if err := checkIDs("prompt", r.Prompt, vocabulary); err != nil {
		return err
	}
	for id, bias := range s.LogitBias {
		if id < 0 || id >= vocabulary {
			return fmt.Errorf("logit-bias names id %d, outside the vocabulary of %d", id, vocabulary)
		}
		if math.IsNaN(bias) || math.IsInf(bias, 1) {
			return fmt.Errorf("logit-bias of id %d is %v, not a number", id, bias)
		}
	}
	for _, stop := range r.Stop {
		if stop == "" {
			return fmt.Errorf("a stop string is empty")
		}
		if !utf8.ValidString(stop) {
			return fmt.Errorf("stop string %q is not valid UTF-8", stop)
		}
	}
	return nil
}

func checkIDs(of string, tokens []int, vocabulary int) error {
	for i, id := range tokens {
		if id < 0 || id >= vocabulary {
			return fmt.Errorf("token %d of the %s is id %d, outside the vocabulary of %d", i, of, id, vocabulary)
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

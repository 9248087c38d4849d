package engine

import (
	"math"
	"slices"
	"testing"
)

// Every number that a request cannot have is refused, by name and value, and nothing is queued.
func TestSubmitRefuses(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	vocabulary, context := e.model.Config.Vocabulary, e.model.Config.Positions
	nan, inf := math.NaN(), math.Inf(1)
	long := slices.Repeat([]int{1}, context+1)
	for _, test := range []struct {
		change func(r *Request)
		err    string
	}{
		{func(r *Request) { r.Prompt = nil }, "the prompt has no tokens"},
		{func(r *Request) { r.Prompt = long }, "the prompt has 71 tokens and the context 70"},
		{func(r *Request) { r.Prompt = []int{1, -1} }, "token 1 of the prompt is id -1, outside the vocabulary of 61"},
		{func(r *Request) { r.Prompt = []int{vocabulary} }, "token 0 of the prompt is id 61, outside the vocabulary of 61"},
		{func(r *Request) { r.MaxTokens = -1 }, "max-tokens is -1, not 0 or more"},
		{func(r *Request) { r.N = 0 }, "n is 0, not in 1..128"},
		{func(r *Request) { r.N = -3 }, "n is -3, not in 1..128"},
		{func(r *Request) { r.N = MaxChoices + 1 }, "n is 129, not in 1..128"},
		{func(r *Request) { r.Logprobs = -2 }, "logprobs is -2, not in 0..1024"},
		{func(r *Request) { r.Logprobs = MaxLogprobs + 1 }, "logprobs is 1025, not in 0..1024"},
		{func(r *Request) { r.Sampling.Temperature = -0.1 }, "temperature is -0.1, not 0 or more"},
		{func(r *Request) { r.Sampling.Temperature = nan }, "temperature is NaN, not 0 or more"},
		{func(r *Request) { r.Sampling.Temperature = inf }, "temperature is +Inf, not 0 or more"},
		{func(r *Request) { r.Sampling.TopK = -1 }, "top-k is -1, not 0 or more"},
		{func(r *Request) { r.Sampling.TopP = -0.1 }, "top-p is -0.1, not in 0..1"},
		{func(r *Request) { r.Sampling.TopP = 2 }, "top-p is 2, not in 0..1"},
		{func(r *Request) { r.Sampling.TopP = nan }, "top-p is NaN, not in 0..1"},
		{func(r *Request) { r.Sampling.MinP = -1 }, "min-p is -1, not in 0..1"},
		{func(r *Request) { r.Sampling.MinP = 1.5 }, "min-p is 1.5, not in 0..1"},
		{func(r *Request) { r.Sampling.MinP = nan }, "min-p is NaN, not in 0..1"},
		{func(r *Request) { r.Sampling.RepeatPenalty = 0 }, "repeat-penalty is 0, not above 0"},
		{func(r *Request) { r.Sampling.RepeatPenalty = -1 }, "repeat-penalty is -1, not above 0"},
		{func(r *Request) { r.Sampling.RepeatPenalty = nan }, "repeat-penalty is NaN, not above 0"},
		{func(r *Request) { r.Sampling.RepeatPenalty = inf }, "repeat-penalty is +Inf, not above 0"},
		{func(r *Request) { r.Sampling.FrequencyPenalty = nan }, "frequency-penalty is NaN, not a number"},
		{func(r *Request) { r.Sampling.FrequencyPenalty = -inf }, "frequency-penalty is -Inf, not a number"},
		{func(r *Request) { r.Sampling.PresencePenalty = nan }, "presence-penalty is NaN, not a number"},
		{func(r *Request) { r.Sampling.PresencePenalty = inf }, "presence-penalty is +Inf, not a number"},
		{func(r *Request) { r.Sampling.LogitBias = map[int]float64{-1: 0} }, "logit-bias names id -1, outside the vocabulary of 61"},
		{func(r *Request) { r.Sampling.LogitBias = map[int]float64{61: 0} }, "logit-bias names id 61, outside the vocabulary of 61"},
		{func(r *Request) { r.Sampling.LogitBias = map[int]float64{5: nan} }, "logit-bias of id 5 is NaN, not a number"},
		{func(r *Request) { r.Sampling.LogitBias = map[int]float64{5: inf} }, "logit-bias of id 5 is +Inf, not a number"},
		{func(r *Request) { r.Stop = []string{"a", ""} }, "a stop string is empty"},
		{func(r *Request) { r.Stop = []string{"a\x80"} }, `stop string "a\x80" is not valid UTF-8`},
		{func(r *Request) { r.Stop = []string{"a"} }, "a stop string needs text, and the model has no tokenizer"},
	} {
		r := Default()
		r.Prompt = []int{1, 2}
		test.change(&r)
		task, err := e.Submit(r)
		if err == nil || err.Error() != test.err || task != nil {
			t.Errorf("Submit gave %v, want %q", err, test.err)
		}
	}
	if e.Pending() {
		t.Error("a refused request is pending")
	}
}

// The extremes of every range are served.
func TestSubmitAccepts(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	for _, change := range []func(r *Request){
		func(r *Request) {},
		func(r *Request) { r.Prompt = []int{0, e.model.Config.Vocabulary - 1} },
		func(r *Request) { r.Prompt = slices.Repeat([]int{1}, e.model.Config.Positions) },
		func(r *Request) { r.MaxTokens = 0 },
		func(r *Request) { r.N = MaxChoices },
		func(r *Request) { r.Logprobs = MaxLogprobs },
		func(r *Request) { r.Sampling.Temperature = 0 },
		func(r *Request) { r.Sampling.Temperature = math.SmallestNonzeroFloat64 },
		func(r *Request) { r.Sampling.Temperature = math.MaxFloat64 },
		func(r *Request) { r.Sampling.TopK = 1 },
		func(r *Request) { r.Sampling.TopK = math.MaxInt },
		func(r *Request) { r.Sampling.TopP, r.Sampling.MinP = 0, 0 },
		func(r *Request) { r.Sampling.TopP, r.Sampling.MinP = 1, 1 },
		func(r *Request) { r.Sampling.RepeatPenalty = math.SmallestNonzeroFloat64 },
		func(r *Request) { r.Sampling.RepeatPenalty = math.MaxFloat64 },
		func(r *Request) { r.Sampling.FrequencyPenalty = -math.MaxFloat64 },
		func(r *Request) { r.Sampling.PresencePenalty = math.MaxFloat64 },
		func(r *Request) { r.Sampling.LogitBias = map[int]float64{0: math.Inf(-1), 1: math.MaxFloat64} },
	} {
		r := Default()
		r.Prompt, r.MaxTokens, r.IgnoreEOS = []int{1, 2}, 4, true
		change(&r)
		made := min(r.MaxTokens, e.model.Config.Positions+1-len(r.Prompt))
		if got := complete(t, e, r).Usage.CompletionTokens; got != r.N*made {
			t.Errorf("%+v: made %d tokens, want %d", r, got, r.N*made)
		}
	}
}

func TestNewPanics(t *testing.T) {
	for _, o := range []Options{{MaxBatch: 0, StepTokens: 1}, {MaxBatch: 1, StepTokens: 0}, {MaxBatch: -1, StepTokens: 512}} {
		func() {
			defer func() {
				if got := recover(); got != badOptions {
					t.Errorf("%+v: New panicked with %v", o, got)
				}
			}()
			smallEngine(t, o, 1)
		}()
	}
}

package engine

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tokenizer"
)

// A Result is a request's answer, in the form of an OpenAI completion.
type Result struct {
	Choices []Choice     `json:"choices"`
	Usage   TokenUsage   `json:"usage"`
	Meter   meter.Report `json:"meter"`
}

// A Choice is one text. With Request.Echo all of it begins with the prompt.
type Choice struct {
	Index        int       `json:"index"`
	Text         string    `json:"text"`
	TokenIDs     []int     `json:"token_ids"` // with the token that ended the text
	FinishReason *string   `json:"finish_reason"`
	Logprobs     *Logprobs `json:"logprobs"`
}

// Logprobs are the natural logarithms of the model's probabilities, before penalties and
// temperature, of each token of a choice.
type Logprobs struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []*float64           `json:"token_logprobs"` // null for the first of an echoed prompt
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`   // the likeliest, and the token itself
	TextOffset    []int                `json:"text_offset"`    // where in Text the token begins, in characters
}

// TokenUsage is how many tokens a request had and made.
type TokenUsage struct {
	PromptTokens        int `json:"prompt_tokens"`
	CompletionTokens    int `json:"completion_tokens"`
	TotalTokens         int `json:"total_tokens"`
	PromptTokensDetails struct {
		CachedTokens int `json:"cached_tokens"` // of the prompt, found computed
	} `json:"prompt_tokens_details"`
}

// scored is a token's log-probability, and the likeliest tokens'.
type scored struct {
	id      int
	logprob float64
	top     []scored
}

// score is the log-probability of id, and the k likeliest ids'.
func (r *ranking) score(id, k int) scored {
	whole := float64(r.at(0).logit) + math.Log(r.whole(len(r.logits), 1))
	s := scored{id: id, logprob: float64(r.logits[id]) - whole}
	for _, c := range r.front(min(k, len(r.logits))) {
		s.top = append(s.top, scored{id: c.id, logprob: float64(c.logit) - whole})
	}
	return s
}

// choice states the sequence.
func (s *sequence) choice() Choice {
	r := &s.task.request
	c := Choice{Index: s.index, Text: s.text.String(), TokenIDs: []int{}}
	if s.finish != "" {
		why := s.finish
		c.FinishReason = &why
	}
	from := len(r.Prompt)
	log := s.log
	if r.Echo {
		from = 0
		c.Text = s.promptText + c.Text
		first := scored{id: r.Prompt[0], logprob: math.NaN()}
		log = append(append([]scored{first}, s.task.promptLog...), log...)
	}
	c.TokenIDs = append(c.TokenIDs, s.tokens[from:]...)
	if r.Logprobs < 0 {
		return c
	}
	c.Logprobs = &Logprobs{Tokens: []string{}, TokenLogprobs: []*float64{},
		TopLogprobs: []map[string]float64{}, TextOffset: append([]int{}, s.offsets[:len(log)]...)}
	for _, l := range log {
		c.Logprobs.add(s.task.engine.tokenizer, l)
	}
	return c
}

// add lists one token. NaN is no log-probability: a null.
func (l *Logprobs) add(t tokenizer.Tokenizer, s scored) {
	l.Tokens = append(l.Tokens, spelling(t, s.id))
	if math.IsNaN(s.logprob) {
		l.TokenLogprobs = append(l.TokenLogprobs, nil)
		l.TopLogprobs = append(l.TopLogprobs, nil)
		return
	}
	l.TokenLogprobs = append(l.TokenLogprobs, &s.logprob)
	top := map[string]float64{spelling(t, s.id): s.logprob}
	for _, other := range s.top {
		top[spelling(t, other.id)] = other.logprob
	}
	l.TopLogprobs = append(l.TopLogprobs, top)
}

// spelling is a token's text. One that is part of a character is spelled "bytes:\xe2\x80", as
// OpenAI's API does, and one that has no text, for want of a tokenizer or in it, "token_id:17", as
// vLLM's does.
func spelling(t tokenizer.Tokenizer, id int) string {
	var b []byte
	if t != nil {
		b = t.Bytes(id)
	}
	if b == nil {
		return fmt.Sprintf("token_id:%d", id)
	}
	if utf8.Valid(b) {
		return string(b)
	}
	text := "bytes:"
	for _, c := range b {
		text += fmt.Sprintf(`\x%02x`, c)
	}
	return text
}

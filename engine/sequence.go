package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tokenizer"
)

// A sequence is one choice of a task: the prompt and what follows it.
type sequence struct {
	task   *Task
	index  int
	tokens []int        // the prompt's, then the choice's
	cache  *model.Cache // nil before the first step and after the last

	sampler *sampler
	chosen  scored   // in this step
	log     []scored // of the tokens made, where log-probabilities are wanted

	decoder    *tokenizer.Decoder // nil without a tokenizer
	stopper    stopper
	promptText string // echoed
	text       strings.Builder
	fresh      string // of text, not yet delivered
	offsets    []int  // where in the text, in characters, each listed token begins
	characters int
	finish     string // why it ended, "" while it has not
}

func newSequence(t *Task, index int) *sequence {
	r := &t.request
	s := &sequence{
		task: t, index: index,
		sampler: newSampler(r.Sampling, r.Seed, index),
		stopper: stopper{stops: r.Stop},
	}
	s.tokens = append(make([]int, 0, s.room()+1), r.Prompt...)
	s.offsets = make([]int, 0, s.room()+1)
	if t.engine.tokenizer != nil {
		s.decoder = tokenizer.NewDecoder(t.engine.tokenizer)
	}
	if r.Echo {
		for _, id := range r.Prompt {
			s.promptText += s.decode(id)
		}
		s.fresh = s.promptText
	}
	if s.decoder != nil {
		s.decoder.SkipSpecial = true // of what is made; a prompt's are written out
	}
	return s
}

// room is how many tokens go through the model at most: the last that is made does not.
func (s *sequence) room() int {
	r, context := &s.task.request, s.task.engine.model.Config.Positions
	return min(len(r.Prompt)+min(max(r.MaxTokens-1, 0), context), context)
}

// choose samples the sequence's next token from the engine's ranking.
func (s *sequence) choose() {
	e := s.task.engine
	s.chosen = scored{id: s.sampler.next(&e.ranking, s.tokens)}
	if k := s.task.request.Logprobs; k >= 0 {
		s.chosen = e.ranking.score(s.chosen.id, k)
	}
}

// accept appends the chosen token, and ends the sequence where that was the last.
func (s *sequence) accept() {
	r, e := &s.task.request, s.task.engine
	id := s.chosen.id
	s.tokens = append(s.tokens, id)
	if r.Logprobs >= 0 {
		s.log = append(s.log, s.chosen)
	}
	ended := slices.Contains(e.ends, id) && !r.IgnoreEOS
	if ended { // a token, but no text
		s.offsets = append(s.offsets, s.characters)
	} else if s.emit(s.decode(id)) {
		s.finish = FinishStop
		return
	}
	made := len(s.tokens) - len(r.Prompt)
	switch {
	case ended:
		s.end(FinishStop)
	case made == r.MaxTokens || len(s.tokens) > e.model.Config.Positions:
		s.end(FinishLength)
	}
}

// decode is the text that id makes certain; the token begins where the text so far ends.
func (s *sequence) decode(id int) string {
	s.offsets = append(s.offsets, s.characters)
	if s.decoder == nil {
		return ""
	}
	text := s.decoder.Add(id)
	s.characters += utf8.RuneCountInString(text)
	return text
}

// emit adds to the text what cannot be the beginning of a stop string, and tells whether one was
// found.
func (s *sequence) emit(text string) (stopped bool) {
	certain, stopped := s.stopper.add(text)
	s.text.WriteString(certain)
	s.fresh += certain
	return stopped
}

// end ends the sequence for the reason why, with the text that was held back.
func (s *sequence) end(why string) {
	s.finish = why
	if s.decoder == nil {
		return
	}
	if s.emit(s.decoder.Flush()) {
		s.finish = FinishStop
		return
	}
	held := s.stopper.flush()
	s.text.WriteString(held)
	s.fresh += held
}

package engine

import (
	"slices"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
)

// A prefix is what a sequence that has ended leaves to those that begin like it.
type prefix struct {
	tokens []int
	cache  *model.Cache
}

// keptPrefixes is how many of them are kept.
const keptPrefixes = 4

// form fills the step: a row for every sequence that generates, then prompts while there is room.
func (e *Engine) form() {
	e.spans, e.owners = e.spans[:0], e.owners[:0]
	rows := 0
	for _, t := range e.running {
		for _, s := range t.sequences {
			if t.prefilled && s.finish == "" {
				e.add(owner{task: t, of: s, phase: meter.Decode}, s.tokens[len(s.tokens)-1:], 1)
				rows++
			}
		}
	}
	e.begin()
	for _, t := range e.running {
		room := e.options.StepTokens - rows
		if t.prefilled {
			continue
		}
		if room <= 0 {
			break
		}
		s := t.sequences[0]
		if s.cache != nil || e.place(t) {
			rest := s.tokens[s.cache.Len():]
			n := min(len(rest), room)
			e.add(owner{task: t, of: s, phase: meter.Prefill}, rest[:n], t.logitsOf(n, len(rest)))
			rows += n
		}
	}
}

// add puts a span into the step.
func (e *Engine) add(o owner, tokens []int, logits int) {
	e.spans = append(e.spans, model.Span{Tokens: tokens, Cache: o.of.cache, Logits: logits})
	o.past = o.of.cache.Len()
	e.owners = append(e.owners, o)
}

// begin lets waiting tasks in while the batch has room for their choices. One task is let in
// whatever it wants.
func (e *Engine) begin() {
	sequences := 0
	for _, t := range e.running {
		sequences += t.request.N
	}
	for len(e.waiting) > 0 {
		t := e.waiting[0]
		if sequences += t.request.N; sequences > e.options.MaxBatch && len(e.running) > 0 {
			return
		}
		e.waiting = e.waiting[1:]
		e.running = append(e.running, t)
	}
}

// place gives a task's first sequence the longest prefix that another sequence has computed. It
// is false while an older task is still computing a longer one: it is then worth waiting for.
func (e *Engine) place(t *Task) bool {
	s := t.sequences[0]
	most := len(s.tokens) - 1 // the last token's logits have to be computed
	if t.scores() {
		most = 0 // and here every token's
	}
	var best *model.Cache
	length, coming := 0, 0
	consider := func(p prefix, planned int) {
		common := commonPrefix(s.tokens[:most], p.tokens)
		if p.cache != nil && min(common, p.cache.Len()) > length {
			best, length = p.cache, min(common, p.cache.Len())
		}
		coming = max(coming, min(common, planned))
	}
	for _, k := range e.kept {
		consider(k, 0)
	}
	for _, h := range e.held {
		consider(h, 0)
	}
	for _, r := range e.running {
		if r == t {
			break
		}
		consider(r.sequences[0].prefix(), len(r.request.Prompt))
	}
	if coming > length {
		return false
	}
	if best == nil {
		s.cache = e.model.NewCache()
	} else {
		s.cache = best.Prefix(length)
	}
	s.cache.Reserve(s.room())
	t.cached = length
	return true
}

func (s *sequence) prefix() prefix { return prefix{s.tokens, s.cache} }

// commonPrefix is how many tokens a and b begin with alike.
func commonPrefix(a, b []int) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// retire drops the tasks that are done, and their caches. While others have still to be placed it
// keeps the last few, whose prefixes they may share.
func (e *Engine) retire() {
	toPlace := len(e.waiting)
	e.running = slices.DeleteFunc(e.running, func(t *Task) bool {
		first := t.sequences[0]
		if !t.done {
			if first.cache == nil {
				toPlace++
			}
			return false
		}
		if _, hold := e.held[t]; hold {
			e.held[t] = first.prefix()
		} else if first.cache != nil {
			e.kept = append(e.kept, first.prefix())
		}
		for i, s := range t.sequences {
			if i > 0 && s.cache != nil {
				s.cache.Release()
			}
			s.cache = nil
		}
		return true
	})
	keep := keptPrefixes
	if toPlace == 0 {
		keep = 0
	}
	drop := max(0, len(e.kept)-keep)
	for _, k := range e.kept[:drop] {
		k.cache.Release()
	}
	if e.kept = slices.Delete(e.kept, 0, drop); len(e.kept) == 0 {
		e.kept = nil
	}
}

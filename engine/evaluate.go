package engine

import (
	"fmt"
	"math"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
)

// An Evaluation scores a text: how likely the model finds each token after those before it. Where
// the text is longer than the context, a window of that length slides over it, as in transformers'
// guide to the perplexity of fixed-length models (https://huggingface.co/docs/transformers/perplexity):
// the first window scores all of its tokens but the first, each later one those that none before it
// has. Unlike the guide's mean of windows, every token weighs the same.
//
// Windows and parts of windows share a step as requests do. The score does not depend on how.
type Evaluation struct {
	engine  *Engine
	task    *Task // has the account; it is in no queue
	tokens  []int
	windows []window     // still to be read, the first perhaps in part
	cache   *model.Cache // of the first, nil while nothing of it is read
	next    [][]int      // by span of the step, the tokens that come after each of its own
	all     int          // tokens to score
	score   Score
}

// A window is a run of a text, of which the last tokens, so many, are scored.
type window struct{ begin, end, scored int }

// windows cuts a text of n tokens into windows of at most length tokens, stride apart.
func windows(n, length, stride int) (list []window) {
	for begin, seen := 0, 0; seen < n; begin += stride {
		end := min(begin+length, n)
		w := window{begin, end, end - max(seen, begin+1)} // after nothing no token is scored
		if w.scored > 0 {
			list = append(list, w)
		}
		seen = end
	}
	return list
}

// A Score says how well a model foretells a text.
type Score struct {
	Tokens int     // that were scored
	Bytes  int     // of text that they stand for
	NLL    float64 // their negative log-likelihood, the sum of -ln p, in nats
}

// MeanNLL is the negative log-likelihood of a token, in nats.
func (s Score) MeanNLL() float64 { return s.NLL / float64(s.Tokens) }

// Perplexity is e to MeanNLL.
func (s Score) Perplexity() float64 { return math.Exp(s.MeanNLL()) }

// BitsPerByte is the negative log-likelihood of a byte of the text, in bits. It is comparable
// between tokenizers.
func (s Score) BitsPerByte() float64 { return s.NLL / math.Ln2 / float64(s.Bytes) }

// Evaluate begins to score a text, whose tokens are not to change from then on. A stride of the
// context's length has no windows overlap. The error is of the caller's making: fewer than two
// tokens, an id outside the vocabulary, a stride outside 1 to the context's length.
func (e *Engine) Evaluate(tokens []int, stride int) (*Evaluation, error) {
	c := e.model.Config
	if len(tokens) < 2 {
		return nil, fmt.Errorf("%d tokens have nothing to score: each is scored after those before it", len(tokens))
	}
	if stride < 1 || stride > c.Positions {
		return nil, fmt.Errorf("stride is %d, not in 1..%d, the context", stride, c.Positions)
	}
	if err := checkIDs("text", tokens, c.Vocabulary); err != nil {
		return nil, err
	}
	e.tasks++
	v := &Evaluation{engine: e, tokens: tokens, windows: windows(len(tokens), c.Positions, stride),
		task: &Task{engine: e, number: e.tasks, account: meter.NewAccount(e.now(), 0)}}
	for _, w := range v.windows {
		v.all += w.scored
	}
	return v, nil
}

// Pending tells whether there are tokens left to score.
func (v *Evaluation) Pending() bool { return len(v.windows) > 0 }

// Progress is how many tokens have been scored of how many.
func (v *Evaluation) Progress() (done, all int) { return v.score.Tokens, v.all }

// Score is that of the tokens so far.
func (v *Evaluation) Score() Score { return v.score }

// Meter states what the evaluation has caused so far.
func (v *Evaluation) Meter() meter.Report { return v.task.account.Report(v.engine.setting()) }

// Step reads the next tokens, as many as Options.StepTokens. An error is as Engine.Step's.
func (v *Evaluation) Step() error {
	e := v.engine
	if e.failed != nil || !v.Pending() {
		return e.failed
	}
	begin := e.now()
	e.options.Energy.Begin(begin)
	v.form()
	if err := e.model.Forward(e.exec, e.spans, v.take); err != nil {
		e.failed = err
		return err
	}
	e.book(begin, e.now())
	if e.failed != nil {
		return e.failed
	}
	e.options.Energy.End(e.now())
	if !v.Pending() {
		v.Stop()
	}
	return nil
}

// Stop ends the evaluation with the score it has.
func (v *Evaluation) Stop() {
	e, t := v.engine, v.task
	if t.done {
		return
	}
	v.windows = nil
	t.account.Finish(e.now())
	if e.options.Trace != nil {
		e.options.Trace.Request(t.number, t.account)
	}
	t.done = true
	e.options.Energy.End(e.now())
}

// form fills the step with windows, in order. A window's last token is scored but not read.
func (v *Evaluation) form() {
	e := v.engine
	e.spans, e.owners, v.next = e.spans[:0], e.owners[:0], v.next[:0]
	for room := e.options.StepTokens; room > 0 && len(v.windows) > 0; {
		w := v.windows[0]
		if v.cache == nil {
			v.cache = e.model.NewCache()
		}
		from := w.begin + v.cache.Len()
		to := min(w.end-1, from+room)
		first := w.end - 1 - w.scored // the row whose logits score the first token that is scored
		e.spans = append(e.spans, model.Span{Tokens: v.tokens[from:to], Cache: v.cache, Logits: max(0, to-max(from, first))})
		e.owners = append(e.owners, owner{task: v.task, phase: meter.Prefill})
		v.next = append(v.next, v.tokens[from+1:to+1])
		room -= to - from
		if to == w.end-1 {
			v.windows, v.cache = v.windows[1:], nil
		}
	}
}

// take scores the token after one of a span's. Spans come in order, so the sum has one order.
func (v *Evaluation) take(span, token int, logits []float32) {
	e := v.engine
	begin := e.exec.Clock()
	defer func() { e.usage.Choosing += e.exec.Clock() - begin }()
	if e.failed != nil || !e.ranking.set(logits) {
		e.failed = ErrLogits
		return
	}
	id := v.next[span][token]
	v.score.NLL -= e.ranking.score(id, 0).logprob
	v.score.Tokens++
	if e.tokenizer != nil {
		v.score.Bytes += len(e.tokenizer.Bytes(id))
	}
}

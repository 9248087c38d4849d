package theory

import (
	"errors"
	"fmt"
)

// A Plan is what a request asks of the engine, and what the engine may leave out of it.
type Plan struct {
	Shape     Shape
	Prompt    int64 // tokens
	Generate  int64 // tokens that are generated
	AllLogits bool  // logits for every token of the prompt, not for the last alone

	Cached int64 // of the prompt's first tokens, those found computed
	Pruned Pruned
}

// Pruned are the rows of the prompt that do not enter an operator of the last block, since nothing
// after it asks for them: only their keys and values are wanted. They are counted from the first
// token that is not cached, and a row that is dropped stays so: Query ≤ Attention ≤ Projection ≤ MLP.
type Pruned struct {
	Query      int64 // product with the queries' part of the first matrix
	Attention  int64
	Projection int64 // of what attention gives
	MLP        int64
}

// Phases are the products of a request's two phases.
type Phases struct {
	Prefill Products `json:"prefill"`
	Decode  Products `json:"decode"`
}

// Exact is what the whole request takes in closed form, nothing cached and nothing pruned.
func (p Plan) Exact() Phases {
	steps := p.steps()
	return Phases{
		Prefill: p.Shape.Causal(p.Prompt, 0, p.logits()),
		Decode:  p.Shape.Causal(steps, p.Prompt, steps),
	}
}

// steps is how many decode steps follow the prefill, which gives the first token.
func (p Plan) steps() int64 { return max(p.Generate-1, 0) }

// logits is how many rows of the prompt want logits.
func (p Plan) logits() int64 {
	switch {
	case p.AllLogits:
		return p.Prompt
	case p.Generate > 0:
		return 1
	}
	return 0
}

// Unwanted is how many rows of the prompt are computed without a wish for their logits.
func (p Plan) Unwanted() int64 { return p.Prompt - p.Cached - p.logits() }

// Check tells why the plan is none. The other methods are for plans that pass it.
func (p Plan) Check() error {
	if err := p.Shape.check(); err != nil {
		return fmt.Errorf("shape: %w", err)
	}
	if err := p.check(); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return nil
}

func (s Shape) check() error {
	for _, d := range []struct {
		name  string
		value int64
	}{
		{"layers", s.Layers}, {"heads", s.Heads}, {"width", s.Width},
		{"inner", s.Inner}, {"vocabulary", s.Vocabulary}, {"positions", s.Positions},
	} {
		if d.value < 1 {
			return fmt.Errorf("%s is %d, less than 1", d.name, d.value)
		}
	}
	if s.Width%s.Heads != 0 {
		return fmt.Errorf("width %d is not divisible by %d heads", s.Width, s.Heads)
	}
	return nil
}

func (p Plan) check() error {
	if p.Prompt < 1 || p.Generate < 0 || p.Prompt > p.Shape.Positions || p.steps() > p.Shape.Positions-p.Prompt {
		return fmt.Errorf("a prompt of %d and %d generated tokens do not fit a context of %d", p.Prompt, p.Generate, p.Shape.Positions)
	}
	if p.Cached < 0 || p.Cached >= p.Prompt {
		return fmt.Errorf("%d tokens of a prompt of %d are cached: at least the last has to be computed", p.Cached, p.Prompt)
	}
	if p.AllLogits && p.Cached > 0 {
		return fmt.Errorf("logits are wanted of %d cached tokens", p.Cached)
	}
	last := int64(0)
	for _, rows := range []int64{p.Pruned.Query, p.Pruned.Attention, p.Pruned.Projection, p.Pruned.MLP} {
		if rows < last {
			return errors.New("a row that one operator of the last block drops comes back in the next")
		}
		last = rows
	}
	if most := p.Unwanted(); last > most {
		return fmt.Errorf("%d rows are pruned, where %d are computed without a wish for logits", last, most)
	}
	if p.bound() >= 1<<62 {
		return errors.New("its FLOPs could overflow an int64")
	}
	return nil
}

// bound is above every figure that this package has for the plan, and above what lies between:
// tokens·(6·parameters + 7·L·d·tokens), with an inner width of at least 4d, which some formulas
// take for granted. Training takes 6 a parameter and token, three times a forward pass.
func (p Plan) bound() float64 {
	s := p.Shape
	L, d, V, P := float64(s.Layers), float64(s.Width), float64(s.Vocabulary), float64(s.Positions)
	f, n := max(float64(s.Inner), 4*d), float64(p.Prompt)+float64(p.Generate)
	parameters := (V+P+2)*d + L*(4*d*d+2*d*f+9*d+f)
	return n * (6*parameters + 7*L*d*n)
}

package theory

// A Phase is a part of a request.
type Phase string

// An Operator is a kind of matrix product.
type Operator string

// A Reason says why a count may differ from the exact form.
type Reason string

// The names by which gaps are reported.
const (
	Prefill Phase = "prefill"
	Decode  Phase = "decode"

	Linear    Operator = "linear"
	Attention Operator = "attention"
	Unembed   Operator = "unembed"

	PrunedRows   Reason = "pruned_rows"   // the last block left rows out that nothing asks for
	CachedPrefix Reason = "cached_prefix" // the prompt's first tokens were found computed
	Unexplained  Reason = "unexplained"   // no reason is known: an error
)

// A Gap is a difference between a count and the exact form.
type Gap struct {
	Phase    Phase    `json:"phase"`
	Operator Operator `json:"operator"`
	FLOPs    int64    `json:"flops"` // counted − exact: negative for work left out
	Reason   Reason   `json:"reason"`
}

// Gaps are the differences that the plan accounts for; none of them is 0. For each phase and
// operator, counted = exact + the sum of its gaps.
func (p Plan) Gaps() []Gap {
	list := appendGaps([]Gap{}, Prefill, CachedPrefix, p.cachedPrefix())
	return appendGaps(list, Prefill, PrunedRows, p.prunedRows())
}

// Unexplained are the differences between a count and the exact form that Gaps does not account
// for: none, where everything is as it should be.
func (p Plan) Unexplained(counted Phases) []Gap {
	exact := p.Exact()
	prefill := counted.Prefill.minus(exact.Prefill).minus(p.cachedPrefix()).minus(p.prunedRows())
	list := appendGaps([]Gap{}, Prefill, Unexplained, prefill)
	return appendGaps(list, Decode, Unexplained, counted.Decode.minus(exact.Decode))
}

// cachedPrefix is less by what computing the prefix would have taken.
func (p Plan) cachedPrefix() Products {
	return Products{}.minus(p.Shape.Causal(p.Cached, 0, 0))
}

// prunedRows is less by what the pruned rows would have taken in one block.
func (p Plan) prunedRows() Products {
	d, f := p.Shape.Width, p.Shape.Inner
	return Products{}.minus(Products{
		Linear:    p.Pruned.Query*2*d*d + p.Pruned.Projection*2*d*d + p.Pruned.MLP*4*d*f,
		Attention: 4 * d * causalPairs(p.Pruned.Attention, p.Cached),
	})
}

func appendGaps(list []Gap, phase Phase, reason Reason, difference Products) []Gap {
	for _, g := range []Gap{
		{phase, Linear, difference.Linear, reason},
		{phase, Attention, difference.Attention, reason},
		{phase, Unembed, difference.Unembed, reason},
	} {
		if g.FLOPs != 0 {
			list = append(list, g)
		}
	}
	return list
}

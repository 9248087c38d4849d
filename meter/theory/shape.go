package theory

// A Shape is what the cost of a GPT-2 depends on.
type Shape struct {
	Layers     int64 `json:"layers"`     // L
	Heads      int64 `json:"heads"`      // H, which divides the width
	Width      int64 `json:"width"`      // d, of the residual stream
	Inner      int64 `json:"inner"`      // f, of the MLP; usually 4d
	Vocabulary int64 `json:"vocabulary"` // V
	Positions  int64 `json:"positions"`  // the longest context
}

// Parameters is the number of weights and biases, the head being tied to the token embedding.
func (s Shape) Parameters() int64 {
	d, f := s.Width, s.Inner
	const layerNorm = 2 // gain and bias
	biases := 3*d + d + f + d
	return (s.Vocabulary+s.Positions)*d + s.blockWeights() + s.Layers*(biases+2*layerNorm*d) + layerNorm*d
}

// blockWeights is the number of weights in the blocks' matrices, each of which is in one
// multiply-add a token.
func (s Shape) blockWeights() int64 {
	return s.Layers * (4*s.Width*s.Width + 2*s.Width*s.Inner)
}

// Products are the FLOPs of matrix products, by operator.
type Products struct {
	Linear    int64 `json:"linear"`    // queries, keys, values, projection and MLP
	Attention int64 `json:"attention"` // scores, and the values weighted by them
	Unembed   int64 `json:"unembed"`   // logits
}

// Total is the sum over the operators.
func (p Products) Total() int64 { return p.Linear + p.Attention + p.Unembed }

func (p Products) minus(q Products) Products {
	return Products{p.Linear - q.Linear, p.Attention - q.Attention, p.Unembed - q.Unembed}
}

// Causal is what a pass over so many new tokens takes, of which logits are wanted for so many,
// after past tokens whose keys and values are cached. A token sees itself and those before it.
//
// Passes add up: Causal(a, past, 0) and Causal(b, past+a, r) are together Causal(a+b, past, r).
// G−1 decode steps from a prompt of T are Causal(G−1, T, G−1).
func (s Shape) Causal(tokens, past, logits int64) Products {
	return s.forward(tokens, causalPairs(tokens, past), logits)
}

// FullSquare is Causal as libraries count it that take no account of causality: every new token
// meets every key. PyTorch's FlopCounterMode says so of itself (torch/utils/flop_counter.py: "We
// aren't accounting for causal attention here"); for one token the two are the same.
func (s Shape) FullSquare(tokens, past, logits int64) Products {
	return s.forward(tokens, tokens*(past+tokens), logits)
}

func (s Shape) forward(tokens, pairs, logits int64) Products {
	return Products{
		Linear:    2 * tokens * s.blockWeights(),
		Attention: 4 * s.Layers * s.Width * pairs,
		Unembed:   2 * logits * s.Width * s.Vocabulary,
	}
}

// causalPairs is the number of (query, key) pairs of tokens that come after past others.
func causalPairs(tokens, past int64) int64 {
	return tokens*past + tokens*(tokens+1)/2
}

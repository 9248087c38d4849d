// Package theory has the closed forms that a count is set beside: what the matrix products of a
// request to GPT-2 take by arithmetic alone, and what the literature's formulas say of it.
//
// # It never feeds the count
//
// Nothing here looks at a kernel, and nothing that counts imports this package. A count and the
// exact form are joined by integers, [Gap], each of which is computed from what the engine planned
// to leave out; what then remains is [Plan.Unexplained], and an error.
//
// # The exact form
//
// A FLOP is an addition or a multiplication: a multiply-add is two. For L layers of width d with
// an inner width f and a vocabulary of V, a pass over T new tokens takes
//
//	linear     2·T·L·(4d² + 2d·f)   which is 24·L·T·d² where f = 4d
//	attention  4·L·d·pairs          pairs of a query and a key that it may see
//	unembed    2·r·d·V              r rows that want logits
//
// With past tokens cached, pairs = T·past + T(T+1)/2: a token sees itself and all before it. Whole
// libraries count the full square T·(past+T) instead, see [Shape.FullSquare].
//
// Generating G tokens from a prompt of T is one prefill, whose last logits give the first token,
// and G−1 decode steps that see T+1 … T+G−1 keys. For G = 0 the prompt is read and no logits are
// wanted, unless those of all its tokens are.
//
// # What it leaves out
//
// Biases, LayerNorm, activations, softmax, the scale of scores, residual additions and embeddings
// are no matrix products. How many operations they are is a convention of whoever computes them:
// that of this project's kernels is in docs/counting.md, and such work is reported apart. For
// GPT-2 124M it is below 1 % of the products. Padding and masked pairs that a kernel computes and
// throws away are counted as padding, and are in no form here.
//
// # Limits
//
// All figures are int64. [Plan.Check] refuses a plan for which one could overflow; GPT-2 XL with a
// full context is five orders of magnitude away from that.
package theory

package bill

import (
	"errors"
	"math/big"
)

// demand is the day's.
func (q Query) demand() (Demand, error) {
	sums := [3]*big.Int{new(big.Int), new(big.Int), new(big.Int)}
	for _, n := range q.Lengths {
		times := big.NewInt(n.Count)
		for i, tokens := range []int64{n.PromptTokens, n.CompletionTokens, 1} {
			sums[i].Add(sums[i], new(big.Int).Mul(times, big.NewInt(tokens)))
		}
	}
	prompt, completion, count := new(big.Rat).SetInt(sums[0]), new(big.Rat).SetInt(sums[1]), new(big.Rat).SetInt(sums[2])
	d := Demand{PeakShare: q.Curve.peak()}
	perRequest := func(tokens, of *big.Rat) *big.Rat {
		if count.Sign() == 0 {
			return new(big.Rat)
		}
		return quo(mul(tokens, of), count)
	}
	if q.Utilization != nil {
		d.Utilization = q.Utilization
		if count.Sign() > 0 {
			d.PromptTokens, d.CompletionTokens = perRequest(prompt, one), perRequest(completion, one)
		}
		return d, nil
	}
	if count.Sign() == 0 {
		return d, errors.New("a load without a request has no length")
	}
	if d.Requests = q.Requests; d.Requests == nil {
		d.Requests = count
	}
	d.PromptTokens, d.CompletionTokens = perRequest(prompt, d.Requests), perRequest(completion, d.Requests)
	return d, nil
}

// count is how many requests the lengths are of.
func (q Query) count() *big.Rat {
	sum := new(big.Rat)
	for _, n := range q.Lengths {
		sum.Add(sum, whole(n.Count))
	}
	return sum
}

// mean is how long a request is, in the mean; 0 where that is not known.
func (d Demand) mean() (tokens [2]*big.Rat) {
	for i, of := range []*big.Rat{d.PromptTokens, d.CompletionTokens} {
		switch {
		case of == nil || d.Requests != nil && d.Requests.Sign() == 0:
			tokens[i] = new(big.Rat)
		case d.Requests == nil:
			tokens[i] = of
		default:
			tokens[i] = quo(of, d.Requests)
		}
	}
	return tokens
}

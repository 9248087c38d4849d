package bill

import "math/big"

// perUnit shares an amount of the day out among its requests and tokens. What stands for no
// request or no token is nil. Prompts and completions bear it by the seconds that they keep
// machines busy.
func (in Input) perUnit(amount *big.Rat) (u PerUnit) {
	d := in.Demand
	if d.Requests == nil || d.Requests.Sign() == 0 {
		return u
	}
	u.PerRequest = NewAmount(quo(amount, d.Requests))
	prefill, decode := in.busy()
	busy := add(prefill, decode)
	share := func(seconds, tokens *big.Rat) *Amount {
		if tokens.Sign() == 0 {
			return nil
		}
		return NewAmount(quo(mul(amount, seconds, whole(million)), mul(busy, tokens)))
	}
	u.PerMillionPromptTokens = share(prefill, d.PromptTokens)
	u.PerMillionCompletionTokens = share(decode, d.CompletionTokens)
	u.PerMillionTokens = share(busy, add(d.PromptTokens, d.CompletionTokens))
	return u
}

// at is what tokens cost where one machine's day costs an amount and it is busy for that share of
// the day, doing nothing but such tokens, or requests as they come.
func (in Input) at(utilization *big.Rat) At {
	alone := in
	alone.Demand = Demand{Utilization: utilization}
	perDay := alone.bill().total()
	a := At{Utilization: float(utilization), Day: NewAmount(perDay)}
	if utilization.Sign() == 0 {
		return a
	}
	perSecond := quo(perDay, mul(utilization, whole(day)))
	perMillion := func(seconds, tokens *big.Rat) *Amount {
		return NewAmount(quo(mul(perSecond, seconds, whole(million)), tokens))
	}
	a.PerMillionPromptTokens = perMillion(quo(one, in.Rates.Prefill), one)
	a.PerMillionCompletionTokens = perMillion(quo(one, in.Rates.Decode), one)
	if d := in.Demand; d.PromptTokens != nil && add(d.PromptTokens, d.CompletionTokens).Sign() > 0 {
		prefill, decode := in.busy()
		a.PerMillionTokens = perMillion(add(prefill, decode), add(d.PromptTokens, d.CompletionTokens))
	}
	return a
}

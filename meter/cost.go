package meter

import (
	"math/big"
	"time"
)

// A Rate is what a second of the whole machine costs, however many of its cores compute: the
// others serve nobody else, and are paid for.
type Rate struct {
	Price    string   // its name
	Currency string   // as ISO 4217 has it
	Busy     *big.Rat // a second in which it works
	Idle     *big.Rat // a second in which it waits
	Source   Source   // Configured, or Estimated where the price is of another machine
}

// Spent is what a machine has cost that worked and waited for so long, and how much of it for
// waiting. Without a rate there is nothing to state.
func (r *Rate) Spent(busy, waited time.Duration) (all, idle *Amount) {
	if r == nil {
		return nil, nil
	}
	idle = times(r.Idle, waited)
	return times(r.Busy, busy).Plus(idle), idle
}

// times is what d costs at so much a second.
func times(perSecond *big.Rat, d time.Duration) *Amount {
	a := new(Amount)
	a.Mul(perSecond, big.NewRat(int64(d), int64(time.Second)))
	return a
}

// Cost states what a request cost.
type Cost struct {
	Currency   *string `json:"currency"`
	Total      *Amount `json:"total"`      // machine seconds × Rate.Busy
	Prompt     *Amount `json:"prompt"`     // of Total, by the legs' machine seconds
	Completion *Amount `json:"completion"` // the rest
	Price      *string `json:"price"`
	Source     Source  `json:"source"`
}

// costAt is what the account comes to.
func (a *Account) costAt(r *Rate) Cost {
	if r == nil {
		return Cost{Source: Unmeasured}
	}
	total, prompt, completion := times(r.Busy, a.MachineTime()), new(Amount), new(Amount)
	if legs := a.Work().Total().Wall; legs > 0 {
		decode := a.legs[Decode].work()
		completion.Mul(&total.Rat, big.NewRat(int64(decode.Total().Wall), int64(legs)))
	}
	prompt.Sub(&total.Rat, &completion.Rat)
	return Cost{Currency: &r.Currency, Total: total, Prompt: prompt, Completion: completion, Price: &r.Price, Source: r.Source}
}

package meter

import (
	"encoding/json"
	"math/big"
	"time"
)

// Money is an exact amount of some currency, nil where there is none to state. In JSON it is the
// number nearest to it, or null.
type Money struct{ *big.Rat }

// MarshalJSON converts the amount once, at the output.
func (m Money) MarshalJSON() ([]byte, error) {
	if m.Rat == nil {
		return []byte("null"), nil
	}
	nearest, _ := m.Float64()
	return json.Marshal(nearest)
}

// Plus is m + n. A sum with an amount that is not known is not known.
func (m Money) Plus(n Money) Money {
	if m.Rat == nil || n.Rat == nil {
		return Money{}
	}
	return Money{new(big.Rat).Add(m.Rat, n.Rat)}
}

// Equal tells whether m and n are the same amount, or both none.
func (m Money) Equal(n Money) bool {
	if m.Rat == nil || n.Rat == nil {
		return m.Rat == n.Rat
	}
	return m.Cmp(n.Rat) == 0
}

// A Rate is what a second of the whole machine costs, whatever the number of its threads that
// compute: nobody else is charged for the others.
type Rate struct {
	Price    string   // its name
	Currency string   // as ISO 4217 has it
	Busy     *big.Rat // a second in which it works
	Idle     *big.Rat // a second in which it waits
	Source   Source   // Configured, or Estimated where the price is not this machine's
}

// Spent is what the machine has cost that worked and waited for so long; idle is the part of it
// that it cost to wait. Without a rate there is nothing to state.
func (r *Rate) Spent(busy, waited time.Duration) (all, idle Money) {
	if r == nil {
		return Money{}, Money{}
	}
	idle = Money{times(r.Idle, waited)}
	return Money{times(r.Busy, busy)}.Plus(idle), idle
}

// times is what d costs at so much a second.
func times(perSecond *big.Rat, d time.Duration) *big.Rat {
	return new(big.Rat).Mul(perSecond, big.NewRat(int64(d), int64(time.Second)))
}

// Cost states what a request cost: Total is Prompt + Completion.
type Cost struct {
	Currency   *string `json:"currency"`
	Total      Money   `json:"total"`      // machine seconds × Rate.Busy
	Prompt     Money   `json:"prompt"`     // the prefill's part, by the legs' machine seconds
	Completion Money   `json:"completion"` // the decoding's
	Price      *string `json:"price"`      // its name
	Source     Source  `json:"source"`
}

// costAt is what the account comes to. Machine time outside operators is divided as that of the legs is.
func (a *Account) costAt(r *Rate) Cost {
	if r == nil {
		return Cost{Source: Unmeasured}
	}
	total := times(r.Busy, a.MachineTime())
	completion := new(big.Rat)
	if legs := a.Work().Total().Wall; legs > 0 {
		decode := a.legs[Decode].work()
		completion.Mul(total, big.NewRat(int64(decode.Total().Wall), int64(legs)))
	}
	prompt := new(big.Rat).Sub(total, completion)
	return Cost{Currency: &r.Currency, Total: Money{total}, Prompt: Money{prompt}, Completion: Money{completion},
		Price: &r.Price, Source: r.Source}
}

package bill

import (
	"fmt"
	"math/big"

	"github.com/gptmeter/gptmeter/meter/price"
)

// Limits are seconds that a request may take at most; 0 is none. Without waiting in a queue it takes to
// its first token the time in which its prompt is read and the step that is running when it comes,
// prompt / prefill rate + batch / decode rate, and to each further token a step: batch / decode rate.
type Limits struct{ TTFT, TPOT float64 }

// A pace is how long a request waits, in seconds.
type pace struct{ ttft, tpot *big.Rat }

// pace is that of a prompt of so many tokens at those rates and with that batch.
func (r Rates) pace(prompt *big.Rat, batch int) pace {
	step := quo(whole(int64(batch)), r.Decode)
	return pace{add(quo(prompt, r.Prefill), step), step}
}

func (l Limits) meets(p pace) bool {
	within := func(limit float64, x *big.Rat) bool { return limit == 0 || x.Cmp(decimal(limit)) <= 0 }
	return within(l.TTFT, p.ttft) && within(l.TPOT, p.tpot)
}

// A LatencyError is the error for limits that no measured batch keeps, so that no number of machines does.
type LatencyError struct {
	Limits Limits
	Batch  int // the one that is nearest to it, and how long it takes
	pace   pace
}

func (e *LatencyError) Error() string {
	return fmt.Sprintf("no number of machines serves this load within the limits: with a batch of %d the first token takes %s s and each further %s s",
		e.Batch, three(e.pace.ttft), three(e.pace.tpot))
}

// three writes x with three significant digits.
func three(x *big.Rat) string { return price.Decimal(Significant(x, 3)) }

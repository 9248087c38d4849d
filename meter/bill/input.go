package bill

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/gptmeter/gptmeter/meter/price"
)

// An Input is all that the bill of a day follows from.
type Input struct {
	Price  *price.Price
	Cores  int64 // of the machine that was measured, for a price that does not say; 0 if unknown
	Rates  Rates
	Demand Demand
}

// Rates is how fast a busy machine is, in tokens a second. Decode is of the whole batch.
type Rates struct{ Prefill, Decode *big.Rat }

// A Demand is what is asked of the machines in a day: requests, or else a utilization.
type Demand struct {
	Requests         *big.Rat // nil where Utilization stands in their place
	PromptTokens     *big.Rat // of all requests
	CompletionTokens *big.Rat // of all requests
	PeakShare        *big.Rat // of the day's requests, those in the hour with the most
	Utilization      *big.Rat // of one machine
}

// Check tells why there is no bill for the input. The other functions are for what passes.
func (in Input) Check() error {
	d := in.Demand
	if in.Price.At(price.PerCoreYear).Sign() > 0 && in.cores().Sign() == 0 {
		return fmt.Errorf("%s is licensed by core, and neither it nor what was measured says how many cores there are", in.Price.Name)
	}
	if d.Requests == nil {
		if d.Utilization == nil || d.Utilization.Sign() < 0 || d.Utilization.Cmp(one) > 0 {
			return errors.New("a utilization is a share in 0..1")
		}
		return nil
	}
	for _, n := range []*big.Rat{d.Requests, d.PromptTokens, d.CompletionTokens} {
		if n.Sign() < 0 {
			return errors.New("a load is not negative")
		}
	}
	if in.Rates.Prefill.Sign() <= 0 || in.Rates.Decode.Sign() <= 0 {
		return errors.New("a machine of no tokens a second serves nothing")
	}
	if !in.machines().Num().IsInt64() {
		return errors.New("that load is beyond all machines there are")
	}
	return nil
}

// cores is what a machine of the price has.
func (in Input) cores() *big.Rat {
	if in.Price.Has(price.Cores) {
		return in.Price.At(price.Cores)
	}
	return whole(in.Cores)
}

// busy is how many seconds of a machine the day's prompts and completions take:
// tokens / (tokens a second).
func (in Input) busy() (prefill, decode *big.Rat) {
	return quo(in.Demand.PromptTokens, in.Rates.Prefill), quo(in.Demand.CompletionTokens, in.Rates.Decode)
}

// busySeconds is how long machines are busy in the day, all together.
func (in Input) busySeconds() *big.Rat {
	if in.Demand.Requests == nil {
		return mul(in.Demand.Utilization, whole(day))
	}
	prefill, decode := in.busy()
	return add(prefill, decode)
}

// peakBusy is how long they are in the hour with the most requests.
func (in Input) peakBusy() *big.Rat { return mul(in.busySeconds(), in.Demand.PeakShare) }

// machines is how many there have to be: ceil(peakBusy × (1 + headroom) / 3600) + spare machines,
// and at least one; one where a utilization is given.
func (in Input) machines() *big.Rat {
	if in.Demand.Requests == nil {
		return one
	}
	n := ceil(quo(mul(in.peakBusy(), add(one, in.Price.At(price.Headroom))), whole(hour)))
	n = add(n, in.Price.At(price.SpareMachines))
	if n.Cmp(one) < 0 {
		return one
	}
	return n
}

// working is how many machines are not spare.
func (in Input) working() *big.Rat {
	if in.Demand.Requests == nil {
		return one
	}
	n := sub(in.machines(), in.Price.At(price.SpareMachines))
	if n.Sign() < 0 {
		return new(big.Rat)
	}
	return n
}

// utilization is busySeconds / (machines × 86400).
func (in Input) utilization() *big.Rat {
	return quo(in.busySeconds(), mul(in.machines(), whole(day)))
}

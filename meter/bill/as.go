package bill

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/gptmeter/gptmeter/meter/price"
)

// An AsQuery asks for a model of another size, on another machine where Peak is given.
type AsQuery struct {
	Parameters   *big.Rat
	TrainTokens  *big.Rat // nil for no training
	Peak         *big.Rat // operations a second; nil for the machine that was measured
	MeasuredPeak float64  // of the results' format; 0 where it was not measured
}

// factor is what a test's rate is multiplied by: the projected tokens a second, counted operations a
// second × peak ratio / 2N, over the measured.
func (q AsQuery) factor(t Test) *big.Rat {
	return quo(quo(mul(exact(t.FlopsPerSecond), q.ratio(t)), q.flopsPerToken()), exact(t.TokensPerSecond))
}

// ratio is of the other machine's peak to the one that was measured.
func (q AsQuery) ratio(t Test) *big.Rat {
	if q.Peak == nil {
		return one
	}
	return quo(q.Peak, exact(t.Peak))
}

func (q AsQuery) flopsPerToken() *big.Rat { return mul(whole(2), q.Parameters) }

// check finds what a projection from those results would lack.
func (q AsQuery) check(m chosen) error {
	for _, t := range slices.Concat(m.prefill, m.decode) {
		switch {
		case t.FlopsPerSecond <= 0:
			return errors.New("a projection needs the operations that were counted, which the results lack")
		case q.Peak != nil && t.Peak <= 0:
			return errors.New("a projection to another machine needs the measured share of the peak, and no peak was measured")
		}
	}
	return nil
}

// project states the projection.
func (q AsQuery) project(prefill, decode Test) *As {
	a := &As{Parameters: NewAmount(q.Parameters), FlopsPerToken: NewAmount(q.flopsPerToken())}
	share := func(t Test) string {
		if t.OfPeak == nil {
			return "a share of the peak that was not measured"
		}
		return fmt.Sprintf("%s %% of the peak", three(exact(100**t.OfPeak)))
	}
	a.Assumptions = []string{
		fmt.Sprintf("a token takes 2N = %s operations, as dense models do without attention and embeddings (Kaplan et al. 2020)", price.Decimal(Significant(q.flopsPerToken(), 4))),
		fmt.Sprintf("prompts run at %s, as %s did here; generation at %s, as %s with a batch of %d", share(prefill), prefill.Test, share(decode), decode.Test, decode.Batch),
		"the model, and the caches of its batch, fit into the memory of one machine, and its bytes for each operation are those of the model that was measured",
	}
	if q.Peak != nil {
		a.Assumptions = append(a.Assumptions, fmt.Sprintf("the machine's peak is %s operations a second, %s times the one measured here; its memory is as much faster",
			price.Decimal(Significant(q.Peak, 4)), three(q.ratio(prefill))))
	}
	if q.TrainTokens != nil {
		a.TrainTokens = NewAmount(q.TrainTokens)
		a.Assumptions = append(a.Assumptions, "training takes 6·N·D operations (Kaplan et al. 2020, section 2.1) at the prompts' share of the peak, on machines that do nothing else and are never idle")
	}
	return a
}

// train adds what training once costs on machines of the input.
func (s settled) train() {
	if s.as == nil || s.As.TrainTokens == nil {
		return
	}
	flops := mul(whole(6), s.As.Parameters, s.As.TrainTokens)
	seconds := quo(flops, mul(s.in.Rates.Prefill, s.As.flopsPerToken()))
	s.as.Training = &Training{Flops: NewAmount(flops), MachineSeconds: NewAmount(seconds), Cost: NewAmount(mul(seconds, s.in.machineSecond()))}
}

package meter_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
)

// aRate is a third of a cent a second, and a seventh of one idle.
func aRate() *meter.Rate {
	return &meter.Rate{Price: "mine", Currency: "USD", Busy: big.NewRat(1, 300), Idle: big.NewRat(1, 700), Source: meter.Configured}
}

// A request costs its machine seconds; time outside operators is divided as theirs.
func TestCost(t *testing.T) {
	work := func(d time.Duration) []tensor.Work {
		var w tensor.Work
		w[tensor.Linear].Wall = d
		return []tensor.Work{w}
	}
	for _, test := range []struct {
		name                                  string
		prefill, decode, other                time.Duration
		wantTotal, wantPrompt, wantCompletion string
	}{
		{"both legs", 2 * time.Second, time.Second, 3 * time.Second, "1/50", "1/75", "1/150"},
		{"a third of a nanosecond", 1, 2, 0, "1/100000000000", "1/300000000000", "1/150000000000"},
		{"a prompt alone", time.Second, 0, time.Second, "1/150", "1/150", "0"},
		{"no operator", 0, 0, 3 * time.Second, "1/100", "1/100", "0"},
		{"nothing", 0, 0, 0, "0", "0", "0"},
	} {
		a := meter.NewAccount(0, 1)
		a.Add(meter.Prefill, 1, work(test.prefill), test.other, meter.Step{})
		if test.decode > 0 {
			a.Add(meter.Decode, 1, work(test.decode), 0, meter.Step{})
		}
		cost := a.Report(meter.Setting{Rate: aRate()}).Cost
		for _, part := range []struct {
			name string
			got  *meter.Amount
			want string
		}{{"total", cost.Total, test.wantTotal}, {"prompt", cost.Prompt, test.wantPrompt}, {"completion", cost.Completion, test.wantCompletion}} {
			if got := part.got.RatString(); got != part.want {
				t.Errorf("%s: %s %s, want %s", test.name, part.name, got, part.want)
			}
		}
		if *cost.Currency != "USD" || *cost.Price != "mine" || cost.Source != meter.Configured {
			t.Errorf("%s: %v, %v, %s", test.name, *cost.Currency, *cost.Price, cost.Source)
		}
	}
}

// What the machine has cost is what it cost to work and to wait.
func TestSpent(t *testing.T) {
	all, idle := aRate().Spent(3*time.Second, 7*time.Second)
	if all.RatString() != "1/50" || idle.RatString() != "1/100" {
		t.Errorf("%v, of it idle %v", all, idle)
	}
	if all, idle = (*meter.Rate)(nil).Spent(time.Second, time.Second); all != nil || idle != nil {
		t.Errorf("without a price: %v, %v", all, idle)
	}
}

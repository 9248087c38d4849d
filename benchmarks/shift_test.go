package benchmarks

import (
	"context"
	"errors"
	"math/big"
	"testing"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// Every format moves the answers of the model inside the binary by little, float32 by nothing; the
// same each time.
func TestLogprobShift(t *testing.T) {
	tiny, err := weights.Open("tiny")
	if err != nil {
		t.Fatal(err)
	}
	defer tiny.Close()
	s := Setup{Model: "tiny", Source: tiny, DTypes: tensor.DTypes(), Threads: []int{2}, Kernel: "auto"}
	shifts, err := s.LogprobShift(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.LogprobShift(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range tensor.DTypes() {
		shift, ok := shifts[d]
		if !ok || shift < 0 || shift > 0.2 || d == tensor.F32 && shift != 0 {
			t.Errorf("%v moves a log-probability by %v", d, shift)
		}
		if again[d] != shift {
			t.Errorf("%v: %v, then %v", d, shift, again[d])
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.LogprobShift(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Prompts are read in the one batch that is asked for.
func TestPromptBatch(t *testing.T) {
	s := Sweep{Setup: Setup{DTypes: []tensor.DType{tensor.F32}, Threads: []int{1}}, Depths: []int{0}, Batches: []int{1, 4}, Prompts: []int{8}, Generates: []int{8}}
	if n := len(s.tests()); n != 4 {
		t.Errorf("%d tests", n)
	}
	s.PromptBatch = 4
	prompts := 0
	for _, test := range s.tests() {
		if test.Phase == meter.Prefill {
			prompts++
			if test.Batch != 4 {
				t.Errorf("%v", test)
			}
		}
	}
	if prompts != 1 || len(s.tests()) != 3 {
		t.Errorf("%d of %d tests read prompts", prompts, len(s.tests()))
	}
}

// A dollar a second is a million dollars for a million tokens at one a second.
func TestSetPrice(t *testing.T) {
	r := someReport()
	r.SetPrice(nil)
	r.SetPrice(&meter.Rate{Price: "euro", Currency: "EUR", Busy: big.NewRat(1, 1)})
	if r.Price != nil || r.Results[0].USDPerMillionTokens != nil {
		t.Errorf("without a price in dollars a token costs %v", *r.Results[0].USDPerMillionTokens)
	}
	r.SetPrice(&meter.Rate{Price: "dollar", Currency: "USD", Busy: big.NewRat(1, 1)})
	for _, x := range r.Results {
		if got := *x.USDPerMillionTokens * x.TokensPerSecond.Median; got < 1e6*(1-1e-12) || got > 1e6*(1+1e-12) {
			t.Errorf("%s: %v", x.Test, *x.USDPerMillionTokens)
		}
	}
	if *r.Price != "dollar" {
		t.Errorf("the price is called %s", *r.Price)
	}
}

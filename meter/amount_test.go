package meter_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/gptmeter/gptmeter/meter"
)

// Amounts are converted to float64 once, at the output, and one that is not there is null.
func TestAmountJSON(t *testing.T) {
	for _, test := range []struct {
		amount *meter.Amount
		want   string
	}{
		{nil, "null"},
		{new(meter.Amount), "0"},
		{meter.NewAmount(big.NewRat(1, 3)), "0.3333333333333333"},
		{meter.NewAmount(big.NewRat(1, 8_000_000_000)), "1.25e-10"},
	} {
		if got, err := json.Marshal(test.amount); err != nil || string(got) != test.want {
			t.Errorf("%v: %s, %v, want %s", test.amount, got, err, test.want)
		}
	}
}

// Sums are exact, and one with what is not known is not known.
func TestAmountPlus(t *testing.T) {
	third := meter.NewAmount(big.NewRat(1, 3))
	if sum := third.Plus(third).Plus(third); !sum.Equal(meter.NewAmount(big.NewRat(1, 1))) {
		t.Errorf("three thirds are %v", sum)
	}
	if third.Plus(nil) != nil || (*meter.Amount)(nil).Plus(third) != nil {
		t.Error("a sum with what is not known is known")
	}
	if third.Equal(nil) || (*meter.Amount)(nil).Equal(third) || !(*meter.Amount)(nil).Equal(nil) {
		t.Error("an amount is equal to none")
	}
}

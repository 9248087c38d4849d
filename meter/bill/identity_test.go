package bill

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/meter/price"
)

func drawInput(t *rapid.T) Input {
	q := drawQuery(t)
	s, _, err := q.choose()
	if err != nil {
		t.Fatal(err)
	}
	return s.in
}

func equal(t *rapid.T, what string, got, want *big.Rat) {
	t.Helper()
	if got.Cmp(want) != 0 {
		t.Errorf("%s is %s, want %s", what, got.FloatString(20), want.FloatString(20))
	}
}

// What the work costs and what idle time costs is all that is paid, to the last digit, on every basis.
func TestUsageAndIdle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		b := in.bill()
		usage := sub(b.total(), b.idle())
		equal(t, "usage", usage, mul(in.machineSecond(), in.busySeconds()))
		if in.Demand.Requests == nil || in.Demand.Requests.Sign() == 0 {
			return
		}
		all, work, idle := in.perUnit(b.total()), in.perUnit(usage), in.perUnit(b.idle())
		for i, u := range [][3]*Amount{
			{all.PerRequest, work.PerRequest, idle.PerRequest},
			{all.PerMillionPromptTokens, work.PerMillionPromptTokens, idle.PerMillionPromptTokens},
			{all.PerMillionCompletionTokens, work.PerMillionCompletionTokens, idle.PerMillionCompletionTokens},
			{all.PerMillionTokens, work.PerMillionTokens, idle.PerMillionTokens},
		} {
			if u[0] != nil {
				equal(t, fmt.Sprintf("figure %d", i), add(&u[1].Rat, &u[2].Rat), &u[0].Rat)
			}
		}
	})
}

// Each request, priced alone by the seconds that its own length takes, and the idle time, are the bill.
func TestRequestsAndIdle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t)
		if q.Utilization != nil {
			return
		}
		q.Requests = nil // as many as there are
		s, _, err := q.choose()
		if err != nil {
			t.Fatal(err)
		}
		second, sum := s.in.machineSecond(), new(big.Rat)
		for _, n := range q.Lengths {
			busy := add(quo(whole(n.PromptTokens), s.in.Rates.Prefill), quo(whole(n.CompletionTokens), s.in.Rates.Decode))
			for range n.Count % 7 { // some one by one, the others at once
				sum.Add(sum, mul(second, busy))
			}
			sum.Add(sum, mul(second, busy, whole(n.Count-n.Count%7)))
		}
		b := s.in.bill()
		equal(t, "requests and idle", add(sum, b.idle()), b.total())
	})
}

// Twice a price doubles exactly its line, and no other.
func TestTwice(t *testing.T) {
	lineOf := map[price.Key]int{price.PerHour: hardwareLine, price.PerKWh: electricityLine,
		price.PerMachineYear: licencesLine, price.PerCoreYear: licencesLine, price.PerMonth: dataCentreLine}
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		before := in.bill()
		for k, i := range lineOf {
			// Alone on its line
			one := in
			for other, j := range lineOf {
				if j == i && other != k || i == dataCentreLine {
					one.Price = one.Price.With(other, new(big.Rat))
				}
			}
			if !in.Price.Has(k) {
				continue
			}
			one.Price = one.Price.With(k, in.Price.At(k)).With(price.ShareOfCapital, new(big.Rat))
			once := one.bill()
			one.Price = one.Price.With(k, mul(whole(2), in.Price.At(k)))
			twice := one.bill()
			for j := range twice.lines {
				factor := whole(1)
				if j == i {
					factor = whole(2)
				}
				equal(t, fmt.Sprintf("%s twice, %s", k, lineNames[j]), twice.lines[j].amount, mul(factor, once.lines[j].amount))
				equal(t, fmt.Sprintf("%s twice, idle %s", k, lineNames[j]), twice.lines[j].idle, mul(factor, once.lines[j].idle))
			}
		}
		// Twice all of what a machine is bought for
		if !in.Price.HasTable(price.Hardware) {
			return
		}
		two := in
		for _, k := range []price.Key{price.Purchase, price.Residual} {
			two.Price = two.Price.With(k, mul(whole(2), in.Price.At(k)))
		}
		equal(t, "hardware", two.bill().lines[hardwareLine].amount, mul(whole(2), before.lines[hardwareLine].amount))
	})
}

// A machine that is always busy is never idle, and one that never is costs nothing by usage.
func TestBusyAndIdle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		in.Demand = Demand{Utilization: one}
		if b := in.bill(); b.idle().Sign() != 0 {
			t.Errorf("a busy machine costs %v idle", b.idle())
		}
		in.Demand.Utilization = new(big.Rat)
		if b := in.bill(); b.idle().Cmp(b.total()) != 0 {
			t.Errorf("of an idle machine's %v, %v is idle", b.total(), b.idle())
		}
	})
}

// Printed amounts add up, and each is within a cent of its own.
func TestRounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var amounts []*big.Rat
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			amounts = append(amounts, big.NewRat(rapid.Int64Range(-1e6, 1e9).Draw(t, "n"), rapid.Int64Range(1, 99999).Draw(t, "d")))
		}
		digits := rapid.IntRange(0, 3).Draw(t, "digits")
		got := Rounded(amounts, digits)
		equal(t, "the sum", add(got...), Rounded([]*big.Rat{add(amounts...)}, digits)[0])
		coin := big.NewRat(1, 1)
		for range digits {
			coin = quo(coin, whole(10))
		}
		for i := range got {
			if d := new(big.Rat).Abs(sub(got[i], amounts[i])); d.Cmp(coin) >= 0 {
				t.Errorf("%v is printed as %v", amounts[i], got[i])
			}
			if !mul(got[i], quo(one, coin)).IsInt() {
				t.Errorf("%v is no whole number of coins", got[i])
			}
		}
	})
}

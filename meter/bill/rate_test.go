package bill

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/price"
)

// A day of busy and idle seconds at their rates is the bill, to the last digit.
func TestRateOfADay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		rate, err := Rate(in.Price, int(in.Cores))
		if err != nil {
			t.Fatal(err)
		}
		b := in.bill()
		busy := mul(rate.Busy, in.busySeconds())
		waits := sub(mul(b.machines, whole(day)), in.busySeconds())
		equal(t, "the day", add(busy, mul(rate.Idle, waits)), b.total())
		if (rate.Source == meter.Configured) != (!in.Price.Has(price.Cores) || in.Price.At(price.Cores).Cmp(whole(in.Cores)) == 0) {
			t.Errorf("the rate is %s", rate.Source)
		}
	})
}

// The seconds of a price that can be worked out by hand.
func TestRate(t *testing.T) {
	p, err := price.Parse("p", []byte(`
name = "mine"
currency = "EUR"
[hardware]
purchase = 4650
life_years = 4
residual = 270 # 3 a day
[electricity]
idle_watts = 100
busy_watts = 500
per_kwh = 0.2
pue = 1.5
[software_licences]
per_core_year = 365
[data_centre]
per_machine_month = 60.83333333333333333333333333
`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Rate(p, 2)
	if err != nil {
		t.Fatal(err)
	}
	// a day: 3 for the hardware, 1 a core, 2 for the data centre, and 24 h × 0.2 × 1.5 for a kW
	for _, c := range []struct {
		name   string
		got    *big.Rat
		perDay float64
	}{{"busy", r.Busy, 3 + 2 + 2 + 0.5*24*0.3}, {"idle", r.Idle, 3 + 2 + 2 + 0.1*24*0.3}} {
		if got, _ := mul(c.got, whole(day)).Float64(); got < c.perDay-1e-9 || got > c.perDay+1e-9 {
			t.Errorf("a %s day is %v, want %v", c.name, got, c.perDay)
		}
	}
	if r.Price != "mine" || r.Currency != "EUR" || r.Source != meter.Configured {
		t.Errorf("%+v", r)
	}
}

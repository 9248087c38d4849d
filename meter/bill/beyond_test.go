package bill

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/meter/price"
)

// The interval is the same each time; it holds the total, lies within what its extremes give, and is
// nothing where nothing varies.
func TestInterval(t *testing.T) {
	q := someQuery(t)
	a, again := answer(t, q), answer(t, q)
	if a.Day.Interval == nil || a.Day.Interval.Low.Cmp(&again.Day.Interval.Low.Rat) != 0 {
		t.Fatalf("%+v, then %+v", a.Day.Interval, again.Day.Interval)
	}
	if v := a.Day.Interval.Varied; !slices.Equal(v, []string{prefillRate, decodeRate}) {
		t.Errorf("%v varied", v)
	}
	q.Price = parse(t, desk+"[range]\nhardware.purchase = [7300, 14600]\nelectricity.per_kwh = [0.1, 0.2]\nscale.spare_machines = [1, 1]\n")
	a = answer(t, q)
	i := a.Day.Interval
	low, high := q, q
	low.Price = q.Price.With(price.PerKWh, big.NewRat(1, 10))
	high.Price = q.Price.With(price.Purchase, whole(14600))
	least, most := answer(t, low).Day.Total, answer(t, high).Day.Total
	if i.Low.Cmp(&least.Rat) < 0 || i.High.Cmp(&most.Rat) > 0 || i.Low.Cmp(&i.High.Rat) >= 0 {
		t.Errorf("%v to %v, where %v and %v are possible", i.Low.Float(), i.High.Float(), least.Float(), most.Float())
	}
	// A triangle from 7300 to 14600 with its top at 7300 has 97.5 % below 14600 − 7300·√0.025.
	if got, want := i.High.Float()-a.Day.Total.Float(), (7300*(1-0.158))*(2/1460.+2*.05/365); got < 0.9*want || got > 1.05*want {
		t.Errorf("the high end is %v above the total, want about %v", got, want)
	}
	for i := range q.Tests {
		q.Tests[i].Samples = nil
	}
	q.Price = parse(t, desk)
	if i := answer(t, q).Day.Interval; i != nil {
		t.Errorf("nothing varies, and the interval is %+v", i)
	}
}

// Each bar of the tornado is what the bill is with that input alone changed; the widest stands first.
func TestSensitivity(t *testing.T) {
	q := someQuery(t)
	a := answer(t, q)
	for i, s := range a.Sensitivity {
		if i > 0 && s.width().Cmp(a.Sensitivity[i-1].width()) > 0 {
			t.Errorf("%s is wider than %s", s.Input, a.Sensitivity[i-1].Input)
		}
		changed := q
		k := price.Key(s.Input)
		if !slices.Contains(price.Keys(), k) {
			continue
		}
		for end, want := range map[*Amount]*Amount{s.Low: s.TotalLow, s.High: s.TotalHigh} {
			changed.Price = q.Price.With(k, &end.Rat)
			if got := answer(t, changed).Day.Total; got.Cmp(&want.Rat) != 0 {
				t.Errorf("%s at %v: %v, want %v", s.Input, end.Float(), want.Float(), got.Float())
			}
		}
	}
	bars := map[string]Swing{}
	for _, s := range a.Sensitivity {
		bars[s.Input] = s
	}
	if s := bars["scale.spare_machines"]; s.Basis != "±1" || s.Low.Sign() != 0 || s.High.Cmp(whole(2)) != 0 {
		t.Errorf("%+v", s)
	}
	if s := bars["electricity.pue"]; s.Low.Cmp(one) != 0 {
		t.Errorf("a PUE of %v", s.Low.Float())
	}
	// With twice the requests there are two machines more; a fifth more needs none.
	if s := bars[requestsInput]; s.Value.Cmp(whole(86400)) != 0 || s.TotalHigh.Cmp(&s.TotalLow.Rat) <= 0 {
		t.Errorf("%+v", s)
	}
}

// Below the break-even one is cheaper, from there the other.
func TestBreakEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t)
		if q.Utilization != nil {
			return
		}
		q.Compare = []Other{{Price: drawPrice(t)}}
		q.Compare[0].Price.Name = "other"
		q.Hosted = &Hosted{big.NewRat(rapid.Int64Range(0, 1e6).Draw(t, "in"), 1000), big.NewRat(rapid.Int64Range(0, 1e6).Draw(t, "out"), 1000)}
		a, err := q.Answer()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range a.BreakEven {
			if e.Input != requestsInput || e.Value == nil {
				continue
			}
			difference := func(requests *big.Rat) int {
				at := q
				at.Requests = requests
				b, err := at.Answer()
				if err != nil {
					t.Fatal(err)
				}
				if e.And == "hosted" {
					d, _ := at.demand()
					return b.Day.Total.Cmp(q.Hosted.total(d))
				}
				return -b.Comparison[0].Difference.Sign()
			}
			if before, from := difference(sub(&e.Value.Rat, one)), difference(&e.Value.Rat); before == from {
				t.Errorf("%s: the same is cheaper on both sides of %v", e.Text, e.Value.Float())
			}
		}
	})
}

// A day of the desk costs 5 + 1 + 2 and 0.6 for idle watts, and 0.05 more for each hour in which it is
// busy; the other 0.5 an hour.
func TestHours(t *testing.T) {
	q := someQuery(t)
	q.Compare = []Other{{Price: parse(t, rented)}}
	e := answer(t, q).BreakEven[0]
	if e.Input != "hours_per_day" || e.Between != "desk" || e.And != "rented" || e.Value == nil {
		t.Fatalf("%+v", e)
	}
	if got, want := e.Value.Float(), 8.6/0.45; math.Abs(got-want) > 1e-3 {
		t.Errorf("%v hours, want %v", got, want)
	}
}

// A model twice the size is half as fast and costs twice as much; training takes 6·N·D.
func TestAs(t *testing.T) {
	q := someQuery(t)
	for i := range q.Tests {
		x := &q.Tests[i]
		x.FlopsPerSecond, x.Flops, x.BytesRead, x.Peak = 2e8*x.TokensPerSecond, 1, 1, 1e12
	}
	q.As = &AsQuery{Parameters: whole(1e9), TrainTokens: whole(2e10)}
	a := answer(t, q)
	if h := a.Throughput; h.Source != "estimated" || h.PrefillTokensPerSecond != 80 || h.DecodeTokensPerSecond != 50 {
		t.Errorf("%+v", h)
	}
	if tr := a.As.Training; tr.Flops.Cmp(mul(whole(120), whole(1e18))) != 0 || tr.MachineSeconds.Cmp(whole(75e7)) != 0 {
		t.Errorf("training takes %v FLOP and %v s", tr.Flops.Float(), tr.MachineSeconds.Float())
	}
	q.As.Parameters = whole(2e9)
	twice := answer(t, q)
	if got, want := twice.Usage.PerRequest, mul(whole(2), &a.Usage.PerRequest.Rat); got.Cmp(want) != 0 {
		t.Errorf("twice the model costs %v, want %v", got.Float(), want)
	}
	q.As.Peak = whole(4e12)
	if h := answer(t, q).Throughput; h.PrefillTokensPerSecond != 160 {
		t.Errorf("four times the peak reads %v tokens/s", h.PrefillTokensPerSecond)
	}
	if len(a.As.Assumptions) != 4 {
		t.Errorf("%q", a.As.Assumptions)
	}
	for i := range q.Tests {
		q.Tests[i].Peak = 0
	}
	if _, err := q.Answer(); err == nil {
		t.Error("a share of a peak that was not measured is known")
	}
}

// What is done together is never dearer than any of it alone; a lever's total is that of the answer
// with that change.
func TestLevers(t *testing.T) {
	q := someQuery(t)
	q.Curve, _ = ParseCurve(Office)
	q.Tests = append(q.Tests, test("pp512", "int8", 1, 2, 0, 3000), test("tg128", "int8", 1, 2, 0, 200), test("tg128", "int8", 32, 2, 0, 900),
		test("pp512", "f32", 1, 1, 0, 500), test("tg128", "f32", 32, 1, 0, 300))
	threads := 2
	q.Want = Want{DType: "f32", Threads: &threads}
	q.Levers, q.Others, q.Shifts = true, []Other{{Price: parse(t, rented)}}, map[string]float64{"int8": 0.01}
	a := answer(t, q)
	kinds := map[string]Lever{}
	for i, l := range a.Levers.Each {
		kinds[l.Kind] = l
		if i > 0 && l.Saves.Cmp(&a.Levers.Each[i-1].Saves.Rat) > 0 {
			t.Errorf("%v saves more than what stands before it", l.Changes)
		}
		if add(&l.Saves.Rat, &l.Total.Rat).Cmp(&a.Day.Total.Rat) != 0 {
			t.Errorf("%v: it saves %v of %v", l.Changes, l.Saves.Float(), a.Day.Total.Float())
		}
		if a.Levers.Together.Total.Cmp(&l.Total.Rat) > 0 {
			t.Errorf("%v alone is cheaper than all together", l.Changes)
		}
	}
	for _, kind := range []string{"dtype", "threads", "batch", "peak", "hardware", "electricity.pue", "software_licences.per_machine_year", "scale.spare_machines"} {
		if _, ok := kinds[kind]; !ok {
			t.Errorf("%s is no lever", kind)
		}
	}
	alone := q
	alone.Levers, alone.Want.DType = false, "int8"
	if b := answer(t, alone); b.Day.Total.Cmp(&kinds["dtype"].Total.Rat) != 0 {
		t.Errorf("int8 costs %v, its lever says %v", b.Day.Total.Float(), kinds["dtype"].Total.Float())
	}
	if quality := kinds["dtype"].Quality; quality == nil || *quality.LogprobShift != 0.01 || quality.Source != "measured" {
		t.Errorf("int8's quality is %+v", quality)
	}
	if kinds["batch"].Quality != nil {
		t.Errorf("a batch moves the answers")
	}
}

// The published figures come out.
func TestScenarios(t *testing.T) {
	want := map[string]map[string]string{
		"semianalysis-2023": {"a day, as stated": "694444.000", "GPUs": "28936.000", "a day, recomputed": "694464.000", "queries": "195000000.000", "a query, as stated": "0.356", "utilization": "0.500"},
		"epoch-2025":        {"operations of a query": "100000000000000.000", "time on a GPU": "1.011", "power, PUE included": "1071.000", "energy of a query": "0.301"},
	}
	for name, lines := range want {
		s, err := FindScenario(name)
		if err != nil {
			t.Fatal(err)
		}
		parts := new(big.Rat)
		for _, x := range s.Steps {
			if w, ok := lines[x.Name]; ok && x.Value.FloatString(3) != w {
				t.Errorf("%s: %s is %s, want %s", name, x.Name, x.Value.FloatString(3), w)
			}
			delete(lines, x.Name)
			if len(x.Name) > 7 && x.Name[:7] == "a day: " {
				parts.Add(parts, &x.Value.Rat)
			}
		}
		if len(lines) > 0 {
			t.Errorf("%s lacks %v", name, lines)
		}
		if name == "semianalysis-2023" && parts.Cmp(whole(694464)) != 0 {
			t.Errorf("the parts of its day are %v together", parts)
		}
	}
	if _, err := FindScenario("nonesuch"); err == nil {
		t.Error("there is a nonesuch")
	}
}

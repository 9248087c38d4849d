package bill

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/meter/price"
)

// drawDecimal draws a number of that many digits after the point, as a file has it.
func drawDecimal(t *rapid.T, name string, least, most int64, digits int) string {
	n := rapid.Int64Range(least, most).Draw(t, name)
	return new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)).FloatString(digits)
}

// drawPrice draws a price file: owned or rented, any of its tables and keys there or not.
func drawPrice(t *rapid.T) *price.Price {
	var b strings.Builder
	b.WriteString("currency = \"USD\"\n")
	table := func(name string) { fmt.Fprintf(&b, "[%s]\n", name) }
	maybe := func(key string, least, most int64, digits int) {
		if rapid.Bool().Draw(t, key+"?") {
			fmt.Fprintf(&b, "%s = %s\n", key, drawDecimal(t, key, least, most, digits))
		}
	}
	if rapid.Bool().Draw(t, "machine") {
		fmt.Fprintf(&b, "[machine]\ncores = %d\n", testMachine.Cores)
	}
	owned := rapid.Bool().Draw(t, "owned")
	if owned {
		table("hardware")
		purchase := rapid.Int64Range(0, 50_000_00).Draw(t, "purchase")
		fmt.Fprintf(&b, "purchase = %d.%02d\nlife_years = %s\n", purchase/100, purchase%100, drawDecimal(t, "life", 1, 100, 1))
		if rapid.Bool().Draw(t, "residual?") {
			fmt.Fprintf(&b, "residual = %d\n", rapid.Int64Range(0, purchase/100).Draw(t, "residual"))
		}
		table("electricity")
		maybe("idle_watts", 0, 5000, 1)
		maybe("busy_watts", 0, 20000, 1)
		maybe("per_kwh", 0, 9999, 4)
		maybe("pue", 100, 300, 2)
	} else {
		table("rent")
		fmt.Fprintf(&b, "per_hour = %s\n", drawDecimal(t, "rent", 0, 10_0000, 4))
	}
	table("software_licences")
	maybe("per_machine_year", 0, 100000, 2)
	maybe("per_core_year", 0, 100000, 2)
	table("data_centre")
	maybe("per_machine_month", 0, 100000, 2)
	if owned {
		maybe("share_of_purchase_year", 0, 50, 2)
	}
	table("scale")
	maybe("headroom", 0, 200, 2)
	maybe("spare_machines", 0, 5, 0)
	p, err := price.Parse("random.toml", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return p
}

var testMachine = Machine{CPU: "made up", Cores: 8}

// drawQuery draws a price, a load and measurements.
func drawQuery(t *rapid.T) Query {
	rate := rapid.Float64Range(1, 1e5)
	q := Query{Price: drawPrice(t), Measured: Measured{Machine: testMachine}}
	batch := rapid.IntRange(1, 64).Draw(t, "batch")
	q.Tests = []Test{
		{Choice: Choice{Test: "pp512", DType: "f32", Batch: 1, Threads: 8, TokensPerSecond: rate.Draw(t, "pp")}, Phase: "prefill", Tokens: 512},
		{Choice: Choice{Test: "tg128", DType: "f32", Batch: batch, Threads: 8, TokensPerSecond: rate.Draw(t, "tg")}, Phase: "decode", Tokens: 128},
	}
	curve := Flat
	switch rapid.IntRange(0, 3).Draw(t, "curve") {
	case 1:
		curve = Office
	case 2:
		curve = strings.Repeat("0,", 23) + "1"
	case 3:
		curve = "1"
		for range 23 {
			curve += "," + drawDecimal(t, "hour", 0, 1000, 1)
		}
	}
	q.Curve, _ = ParseCurve(curve)
	if rapid.IntRange(0, 4).Draw(t, "utilization?") == 0 {
		q.Utilization, _ = price.ParseNumber(drawDecimal(t, "utilization", 0, 1000, 3))
		return q
	}
	for range rapid.IntRange(1, 4).Draw(t, "lengths") {
		q.Lengths = append(q.Lengths, Length{rapid.Int64Range(0, 1024).Draw(t, "p"), rapid.Int64Range(0, 1024).Draw(t, "c"), rapid.Int64Range(1, 1000).Draw(t, "count")})
	}
	if rapid.Bool().Draw(t, "requests?") {
		q.Requests, _ = price.ParseNumber(drawDecimal(t, "requests", 0, 100_000_000, rapid.IntRange(0, 2).Draw(t, "digits")))
	}
	return q
}

// document is the answer's JSON as any program reads it.
func document(t *rapid.T, q Query) map[string]any {
	a, err := q.Answer()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// number is the one at a path of the document; 0 where nothing is there.
func number(d map[string]any, path ...string) float64 {
	for _, name := range path[:len(path)-1] {
		d, _ = d[name].(map[string]any)
	}
	x, _ := d[path[len(path)-1]].(float64)
	return x
}

// The day's total, its lines and what is idle of them are what plain arithmetic makes of the document's
// own inputs, to the cent; so are machines, utilization and what a request and a million tokens cost.
// A thousand price files and loads.
func TestRecompute(t *testing.T) {
	for range 10 { // rapid.Check is a hundred
		rapid.Check(t, func(t *rapid.T) { recompute(t, document(t, drawQuery(t))) })
	}
}

func recompute(t *rapid.T, d map[string]any) {
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 0.005+1e-9*math.Abs(want) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	p := func(table, key string) float64 { return number(d, "price", table, key) }
	machines, utilization := number(d, "machines"), number(d, "utilization")
	requests, prompt, completion := number(d, "load", "requests_per_day"), number(d, "load", "prompt_tokens"), number(d, "load", "completion_tokens")
	pp, tg := number(d, "throughput", "prefill_tokens_per_second"), number(d, "throughput", "decode_tokens_per_second")
	perRequest := prompt/pp + completion/tg
	busy := requests * perRequest
	if d["load"].(map[string]any)["kind"] == "requests" {
		peak := 0.
		for _, share := range d["load"].(map[string]any)["curve"].([]any) {
			peak = max(peak, share.(float64))
		}
		need := busy * peak * (1 + p("scale", "headroom")) / 3600
		if want := max(1, math.Ceil(need)+p("scale", "spare_machines")); machines != want && math.Abs(need-math.Round(need)) > 1e-9 {
			t.Errorf("%v machines, want %v", machines, want)
		}
		near("utilization", utilization, busy/(machines*86400))
	}
	cores := p("machine", "cores")
	if cores == 0 {
		cores = float64(testMachine.Cores)
	}
	hardware := 0.
	if life := p("hardware", "life_years"); life > 0 {
		hardware = machines * (p("hardware", "purchase") - p("hardware", "residual")) / (life * 365)
	}
	hardware += machines * 24 * p("rent", "per_hour")
	kWh := machines * 24 * p("electricity", "per_kwh") * p("electricity", "pue") / 1000
	idleElectricity := kWh * p("electricity", "idle_watts") * (1 - utilization)
	want := map[string][2]float64{
		"hardware":          {hardware, hardware * (1 - utilization)},
		"electricity":       {kWh*p("electricity", "busy_watts")*utilization + idleElectricity, idleElectricity},
		"software_licences": {machines * (p("software_licences", "per_machine_year") + p("software_licences", "per_core_year")*cores) / 365},
		"data_centre":       {machines * (p("data_centre", "per_machine_month")*12 + p("data_centre", "share_of_purchase_year")*p("hardware", "purchase")) / 365},
	}
	total, work := 0., kWh*p("electricity", "busy_watts")*utilization
	for _, l := range d["day"].(map[string]any)["lines"].([]any) {
		l := l.(map[string]any)
		name := l["name"].(string)
		w := want[name]
		if name == "software_licences" || name == "data_centre" {
			w[1] = w[0] * (1 - utilization)
		}
		near(name, number(l, "amount"), w[0])
		near(name+" idle", number(l, "idle_amount"), w[1])
		total += w[0]
		if name != "electricity" {
			work += w[0] * utilization // total - idle would cancel where next to nothing is done
		}
	}
	near("the total", number(d, "day", "total"), total)
	if requests == 0 {
		for _, of := range []map[string]any{d, d["usage"].(map[string]any)} {
			if of["per_request"] != nil || of["per_million_tokens"] != nil {
				t.Errorf("without a request it costs %v", of["per_request"])
			}
		}
		return
	}
	close := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-6*math.Abs(want) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	close("a request", number(d, "per_request"), total/requests)
	close("a request's work", number(d, "usage", "per_request"), work/requests)
	if prompt > 0 {
		close("a million prompt tokens", number(d, "per_million_prompt_tokens"), total*(prompt/pp)/perRequest/(requests*prompt)*1e6)
	}
	if completion > 0 {
		close("a million completion tokens", number(d, "usage", "per_million_completion_tokens"), work*(completion/tg)/perRequest/(requests*completion)*1e6)
	}
	if prompt+completion > 0 {
		close("a million tokens", number(d, "per_million_tokens"), total/(requests*(prompt+completion))*1e6)
	}
}

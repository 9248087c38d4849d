package price

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const whole = `
name = "w"
currency = "EUR"
source = "s"
date = 2026-11-23
[machine]
cores = 64
[hardware]
purchase = 9_000.10
life_years = 4
source = "h"
[electricity]
per_kwh = 0.1
[range]
hardware.purchase = [8000, 1.1e4]
[range.electricity]
per_kwh = [0.1, 0.3]
`

// Figures are the decimals that stand in the file, with the nearest source and date.
func TestParse(t *testing.T) {
	p, err := Parse("w.toml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if x := p.At(Purchase); x.Cmp(big.NewRat(900010, 100)) != 0 {
		t.Errorf("the purchase is %v", x)
	}
	if x := p.At(PerKWh); x.Cmp(big.NewRat(1, 10)) != 0 {
		t.Errorf("a kWh is %v, not exactly a tenth", x)
	}
	if x := p.At(Residual); x.Sign() != 0 || p.Has(Residual) {
		t.Errorf("the residual is %v", x)
	}
	if of := p.Of(Hardware); of != (Provenance{"h", "2026-11-23"}) {
		t.Errorf("hardware is of %v", of)
	}
	if of := p.Of(Electricity); of != (Provenance{"s", "2026-11-23"}) {
		t.Errorf("electricity is of %v", of)
	}
	if r, ok := p.Range(Purchase); !ok || r.High.Cmp(big.NewRat(11000, 1)) != 0 {
		t.Errorf("the range of the purchase is %v", r)
	}
	if len(p.Ranges()) != 2 || len(p.Remarks()) != 1 || p.At(PUE).Cmp(big.NewRat(1, 1)) != 0 {
		t.Errorf("ranges %v, remarks %v, PUE %v", p.Ranges(), p.Remarks(), p.At(PUE))
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"w","currency":"EUR","source":"s","date":"2026-11-23","preset":false,"example":false,` +
		`"machine":{"cores":64,"source":"s","date":"2026-11-23"},` +
		`"hardware":{"purchase":9000.1,"life_years":4,"source":"h","date":"2026-11-23"},` +
		`"electricity":{"per_kwh":0.1,"pue":1,"source":"s","date":"2026-11-23"},` +
		`"range":{"electricity.per_kwh":[0.1,0.3],"hardware.purchase":[8000,11000]}}`
	if string(text) != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
}

// What is wrong with a file is one line that says where and what; for a slip there is a near word.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"currency = \"USDD\"", `f:1: unknown currency "USDD"`},
		{"currency = \"usd\"", `f:1: unknown currency "usd"`},
		{"currency = 3", `f:1: currency is not a text in quotes`},
		{"\n[hardwear]\npurchase = 1", `f:2: unknown table "hardwear"`},
		{"[electricity]\nper_kw = 1", `f:2: unknown key "electricity.per_kw"`},
		{"price = 1", `f:1: unknown key "price"`},
		{"hardware = 1", `f:1: hardware is a table`},
		{"[[hardware]]\npurchase = 1", `f:1: hardware is no list of tables`},
		{"[hardware]\npurchase = -1\nlife_years = 4", `f:2: hardware.purchase = -1: less than 0`},
		{"[hardware]\npurchase = 1\nlife_years = 0", `f:3: hardware.life_years = 0: not above 0`},
		{"[hardware]\npurchase = nan", `f:2: hardware.purchase = nan: not a finite decimal number`},
		{"[hardware]\npurchase = -inf", `f:2: hardware.purchase = -inf: not a finite decimal number`},
		{"[hardware]\npurchase = 1e31", `f:2: hardware.purchase = 1e31: a number too long or too large`},
		{"[hardware]\npurchase = 0x10", `f:2: hardware.purchase = 0x10: not a finite decimal number`},
		{"[hardware]\npurchase = \"9000\"", `f:2: hardware.purchase is not a number`},
		{"[hardware]\npurchase = 1\npurchase = 2", "f:3: "},
		{"[hardware]\npurchase = 1", `f: [hardware] needs life_years`},
		{"[hardware]\npurchase = 1\nresidual = 2\nlife_years = 3", `f: the residual of 2 is more than the purchase of 1`},
		{"[electricity]\npue = 0.99", `f:2: electricity.pue = 0.99: less than 1`},
		{"machine = {cores = 1.5}", `f:1: machine.cores = 1.5: not a whole number`},
		{"[machine]\ncores = 0", `f:2: machine.cores = 0: less than 1`},
		{"[rent]\nper_hour = 1\n[hardware]\npurchase = 1\nlife_years = 1", `f: [rent] together with [hardware]: `},
		{"[rent]\nper_hour = 1\n[electricity]", `f: [rent] together with [electricity]: `},
		{"[rent]\nper_hour = 1\n[data_centre]\nshare_of_purchase_year = 0.1", `f: [rent] together with data_centre.share_of_purchase_year: `},
		{"[rent]", `f: [rent] needs per_hour`},
		{"date = \"yesterday\"", `f:1: date "yesterday" is not YYYY-MM-DD`},
		{"[hardware]\ndate = 2026-13-01", "f:2: "},
		{"source = 3", `f:1: source is not a text in quotes`},
		{"[range]\nhardware.purchase = [1, 2]", `f: range.hardware.purchase: there is no hardware.purchase`},
		{"[electricity]\nper_kwh = 3\n[range]\nelectricity.per_kwh = [1, 2]", `f: range.electricity.per_kwh = [1, 2] does not hold the 3 itself`},
		{"[range]\nelectricity.per_kwh = [1]", `f:2: range.electricity.per_kwh is not a list of two numbers, from where to where`},
		{"[range]\nelectricity.per_kw = [1, 2]", `f:2: unknown key "range.electricity.per_kw"`},
		{"[scale]\nheadroom = -0.1", `f:2: scale.headroom = -0.1: less than 0`},
		{"[scale", "f:1: "},
		{"", "f: it has no figures: "},
		{"[scale]", "f: it has no figures: "},
	} {
		_, err := Parse("f", []byte(c.text))
		if err == nil {
			t.Errorf("%q is taken", c.text)
			continue
		}
		if !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

// Every preset has a source and a date for every figure, or is called an example.
func TestPresets(t *testing.T) {
	for _, name := range Presets() {
		p, err := Preset(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Name != name || !p.Preset || len(p.assumed) > 0 {
			t.Errorf("%s is called %s, assumed is %v", name, p.Name, p.assumed)
		}
		for _, k := range Keys() {
			if of := p.Of(k.Table()); p.Has(k) && (of.Source == "" || of.Date == "") {
				t.Errorf("%s: the figure %s has no source or no date", name, k)
			}
		}
		if p.Example() && (len(p.Remarks()) == 0 || !strings.Contains(p.Remarks()[0], "not all of its figures have been looked up")) {
			t.Errorf("%s does not say that it is made up", name)
		}
	}
	var unknown *UnknownError
	if _, err := Preset("nonesuch"); !errors.As(err, &unknown) || len(unknown.Known) == 0 {
		t.Errorf("%v", err)
	}
}

// A number is what its digits say, and comes out as it went in.
func TestNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-1e15, 1e15).Draw(t, "n")
		digits := rapid.Int64Range(0, 12).Draw(t, "digits")
		want := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil))
		text := want.FloatString(int(digits))
		got, err := ParseNumber(text)
		if err != nil || got.Cmp(want) != 0 {
			t.Fatalf("%s is %v, %v", text, got, err)
		}
		if again, err := ParseNumber(Decimal(got)); err != nil || again.Cmp(want) != 0 {
			t.Fatalf("%s comes out as %s", text, Decimal(got))
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("machine = {cores = 1.5}\n[rent]\nper_hour = 1e-3"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("f", text)
		if err != nil {
			return
		}
		if _, err := json.Marshal(p); err != nil {
			t.Error(err)
		}
		for _, k := range Keys() {
			if err := k.Check(p.At(k)); p.Has(k) && err != nil {
				t.Errorf("%s: %v", k, err)
			}
		}
	})
}

package report

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/meter"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{digits(0, 3), "0"}, {digits(0.16, 3), "0.160"}, {digits(3, 3), "3.00"}, {digits(0.9996, 3), "1.00"}, {digits(1234.5, 3), "1230"}, {digits(-0.000012345, 2), "-0.000012"},
		{significant(0.16, 3), "0.16"}, {significant(1234.5, 3), "1230"},
		{grouped("1234567.8912"), "1,234,567.8912"}, {grouped("-123"), "-123"}, {grouped("-1234"), "-1,234"}, {grouped("999"), "999"},
		{percent(0), "0\u00a0%"}, {percent(0.00012), "0.01\u00a0%"}, {percent(0.049), "4.9\u00a0%"}, {percent(0.5), "50\u00a0%"}, {percent(1), "100\u00a0%"},
		{si(2.5e11, "FLOP/s"), "250\u00a0GFLOP/s"}, {si(12, ""), "12"}, {si(999.6e6, "B"), "1\u00a0GB"},
		{stated(nil, percent), "–"}, {unitCost(nil), "–"}, {seconds(nil), "–"}, {seconds(f64(0.0176)), "17.6\u00a0ms"}, {seconds(f64(2)), "2\u00a0s"},
		{round(0.5), "0.5"}, {round(2e-7), "2e-07"}, {round(20_000), "20,000"}, {round(2e11), "200\u00a0bn"}, {round(5e16), "50,000\u00a0tn"},
		{texts(0, 0.5, 1), "0.0 0.5 1.0"}, {texts(1.05, 1.1), "1.05 1.10"}, {texts(0, 1e6, 2e6), "0\u00a0M 1\u00a0M 2\u00a0M"}, {texts(99_950, 100_000), "99.95\u00a0k 100.00\u00a0k"},
		{texts(0, 2e-8), "0 2e-08"},
		{plain(meter.NewAmount(big.NewRat(350_000_000_000, 1))), "3.5 × 10^11"}, {plain(meter.NewAmount(big.NewRat(12_345, 10))), "1,234"},
		{name("software_licences"), "Software licences"}, {name(""), ""}, {string(breakable("a.b_c 0.15 <d>")), "a.<wbr>b_<wbr>c 0.15 &lt;d&gt;"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// texts are those of ticks.
func texts(xs ...float64) string {
	var list []string
	for _, t := range numbered(xs) {
		list = append(list, t.text)
	}
	return strings.Join(list, " ")
}

// A scale holds all that it is of, and its ticks are in order, within it, and far enough apart.
func TestScales(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		apart, to := rapid.Float64Range(20, 90).Draw(t, "apart"), rapid.Float64Range(200, 700).Draw(t, "to")
		xs := rapid.SliceOfN(rapid.Float64Range(1e-6, 1e12), 1, 5).Draw(t, "xs")
		s := linear(0, to, apart, xs...)
		if rapid.Bool().Draw(t, "log") {
			s = logarithmic(0, to, xs...)
		}
		for _, x := range xs {
			if at := s.at(x); !(at >= -1e-6 && at <= to+1e-6) {
				t.Fatalf("%v is at %v of %v, between %v and %v", x, at, to, s.low, s.high)
			}
		}
		ticks := s.ticks(apart)
		if len(ticks) < 1 {
			t.Fatal("no tick")
		}
		for i, x := range ticks {
			if at := s.at(x); at < -1e-6 || at > to+1e-6 || math.IsNaN(at) || i > 0 && at-s.at(ticks[i-1]) < apart-1e-6 {
				t.Fatalf("ticks %v at %v of %v", ticks, at, to)
			}
		}
	})
}

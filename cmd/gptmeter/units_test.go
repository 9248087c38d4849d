package main

import (
	"math"
	"testing"
)

func TestUnits(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{siText(0, "B"), "0 B"},
		{siText(999, "B"), "999 B"},
		{siText(999.6, "B"), "1.00 kB"},
		{siText(1234567, "FLOP"), "1.23 MFLOP"},
		{siText(12345678, "FLOP"), "12.3 MFLOP"},
		{siText(99.96e9, "FLOP/s"), "100 GFLOP/s"},
		{siText(1e21, "B"), "1000 EB"},
		{bytesText(497759232), "498 MB"},
		{secondsText(0), "0 µs"},
		{secondsText(0.0000123), "12.3 µs"},
		{secondsText(0.0123), "12.3 ms"},
		{secondsText(0.9996), "1.00 s"},
		{secondsText(123.4), "123 s"},
		{joulesText(0.000012), "12.0 µJ"},
		{joulesText(0.0123), "12.3 mJ"},
		{joulesText(1234), "1.23 kJ"},
		{percentText(0.0994), "9.9 %"},
		{percentText(0.0996), "10 %"},
		{percentText(1.234), "123 %"},
		{threeDigits(9.996), "10.0"},
		{threeDigits(2003.4), "2003"},
		{grouped(0), "0"},
		{grouped(-123), "-123"},
		{grouped(1234), "1,234"},
		{grouped(-123456), "-123,456"},
		{grouped(math.MinInt64), "-9,223,372,036,854,775,808"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

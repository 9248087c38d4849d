package report

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"

	"github.com/gptmeter/gptmeter/meter"
)

// significant writes x with so many significant digits, without an exponent and without zeros that
// say nothing: 0.00123, 12.3, 1230.
func significant(x float64, digits int) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// unitCost writes what a request or a million tokens costs; "–" where it is not stated.
func unitCost(a *meter.Amount) string {
	if a == nil {
		return "–"
	}
	return grouped(digits(a.Float(), 3))
}

// digits writes x with so many significant digits, zeros too, without an exponent.
func digits(x float64, n int) string {
	if x == 0 {
		return "0"
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64)
	return strconv.FormatFloat(rounded, 'f', max(0, n-1-int(math.Floor(math.Log10(math.Abs(rounded))+1e-9))), 64)
}

// grouped sets apart the thousands of a decimal number.
func grouped(text string) string {
	whole, rest, point := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + rest
	}
	return whole
}

// fixed writes an exact number with so many digits after the point.
func fixed(x *big.Rat, digits int) string { return grouped(x.FloatString(digits)) }

// percent writes a share.
func percent(share float64) string {
	switch p := 100 * share; {
	case p != 0 && math.Abs(p) < 0.1:
		return significant(p, 1) + "\u00a0%"
	case math.Abs(p) < 10:
		return strconv.FormatFloat(math.Round(p*10)/10, 'f', -1, 64) + "\u00a0%"
	default:
		return fmt.Sprintf("%.0f\u00a0%%", p)
	}
}

// si writes x with a decimal prefix: "1.23 G" and the unit.
func si(x float64, unit string) string {
	prefixes := []string{"", "k", "M", "G", "T", "P", "E"}
	i := 0
	for i < len(prefixes)-1 && math.Abs(x) >= 999.5 {
		x /= 1000
		i++
	}
	return strings.TrimSpace(significant(x, 3) + "\u00a0" + prefixes[i] + unit)
}

// seconds writes a time; "–" where it is not stated.
func seconds(s *float64) string {
	switch {
	case s == nil:
		return "–"
	case *s < 0.9995:
		return significant(*s*1000, 3) + "\u00a0ms"
	}
	return significant(*s, 3) + "\u00a0s"
}

// name is what a key of the document is called in a sentence.
func name(key string) string {
	r := []rune(strings.ReplaceAll(key, "_", " "))
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}

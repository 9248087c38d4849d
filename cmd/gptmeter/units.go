package main

import (
	"fmt"
	"math"
	"strconv"
)

// siText writes x with three digits, a decimal prefix and the unit: "1.23 GFLOP/s".
func siText(x float64, unit string) string {
	prefixes := []string{"", "k", "M", "G", "T", "P", "E"}
	i := 0
	for i < len(prefixes)-1 && math.Abs(x) >= 999.5 {
		x /= 1000
		i++
	}
	return threeDigits(x) + " " + prefixes[i] + unit
}

// bytesText writes a number of bytes.
func bytesText(n int64) string { return siText(float64(n), "B") }

// secondsText writes a time.
func secondsText(s float64) string {
	switch {
	case s < 999.5e-6:
		return threeDigits(s*1e6) + " µs"
	case s < 999.5e-3:
		return threeDigits(s*1e3) + " ms"
	}
	return threeDigits(s) + " s"
}

// joulesText writes an energy.
func joulesText(j float64) string {
	switch {
	case j < 999.5e-6:
		return threeDigits(j*1e6) + " µJ"
	case j < 999.5e-3:
		return threeDigits(j*1e3) + " mJ"
	}
	return siText(j, "J")
}

// percentText writes a share.
func percentText(share float64) string {
	if share < 0.0995 {
		return fmt.Sprintf("%.1f %%", 100*share)
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// threeDigits writes x with three digits, or all of those before the point.
func threeDigits(x float64) string {
	switch a := math.Abs(x); {
	case a == 0:
		return "0"
	case a < 9.995:
		return fmt.Sprintf("%.2f", x)
	case a < 99.95:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// grouped writes n with all its digits, in groups of three.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

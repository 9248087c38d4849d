package price

import (
	"errors"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// decimal is a number of TOML in base ten.
var decimal = regexp.MustCompile(`^([+-]?[0-9]+(?:\.[0-9]+)?)(?:[eE]([+-]?[0-9]+))?$`)

// Limits on a number, far beyond what anything costs: they keep it from filling the memory.
const (
	maxDigits   = 40
	maxExponent = 30
)

// ParseNumber is the exact value of a TOML number in base ten.
func ParseNumber(text string) (*big.Rat, error) {
	plain := strings.ReplaceAll(text, "_", "")
	parts := decimal.FindStringSubmatch(plain)
	if parts == nil {
		return nil, errors.New("not a finite decimal number")
	}
	if exponent, err := strconv.Atoi(parts[2]); len(parts[1]) > maxDigits || parts[2] != "" && (err != nil || exponent > maxExponent || exponent < -maxExponent) {
		return nil, errors.New("a number too long or too large")
	}
	x, ok := new(big.Rat).SetString(plain)
	if !ok {
		return nil, errors.New("not a finite decimal number")
	}
	return x, nil
}

// Decimal writes x with all its digits where they end, else as the nearest float64.
func Decimal(x *big.Rat) string {
	if digits, exact := x.FloatPrec(); exact && digits <= maxDigits+maxExponent {
		return x.FloatString(digits)
	}
	f, _ := x.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

package bill

import (
	"math/big"
	"strconv"
)

// Seconds.
const (
	hour = 60 * 60
	day  = 24 * hour
)

const (
	daysAYear   = 365
	monthsAYear = 12
	million     = 1_000_000
)

var one = whole(1)

func whole(n int64) *big.Rat { return big.NewRat(n, 1) }

// exact is x itself, which is finite.
func exact(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }

// decimal is the shortest decimal that reads as x, which is what a person has written.
func decimal(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	return r
}

func add(x ...*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, y := range x {
		sum.Add(sum, y)
	}
	return sum
}

func mul(x ...*big.Rat) *big.Rat {
	product := whole(1)
	for _, y := range x {
		product.Mul(product, y)
	}
	return product
}

func sub(x, y *big.Rat) *big.Rat { return new(big.Rat).Sub(x, y) }
func quo(x, y *big.Rat) *big.Rat { return new(big.Rat).Quo(x, y) }

// ceil is the least whole number that is not below x.
func ceil(x *big.Rat) *big.Rat {
	n, rest := new(big.Int).DivMod(x.Num(), x.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).SetInt(n)
}

func float(x *big.Rat) float64 {
	f, _ := x.Float64()
	return f
}

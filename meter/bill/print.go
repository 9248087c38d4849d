package bill

import (
	"math/big"
	"slices"
)

// Rounded rounds amounts to so many digits after the point so that they add up to their rounded
// sum: each down, and then those up that lose the most (the method of the largest remainder).
func Rounded(amounts []*big.Rat, digits int) []*big.Rat {
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
	floors, rests := make([]*big.Rat, len(amounts)), make([]*big.Rat, len(amounts))
	order := make([]int, len(amounts))
	for i, a := range amounts {
		scaled := mul(a, unit)
		floors[i] = floor(scaled)
		rests[i] = sub(scaled, floors[i])
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return rests[j].Cmp(rests[i]) })
	left := sub(floor(add(mul(add(amounts...), unit), big.NewRat(1, 2))), add(floors...))
	for n := int64(0); whole(n).Cmp(left) < 0; n++ {
		i := order[n]
		floors[i] = add(floors[i], one)
	}
	for i := range floors {
		floors[i] = quo(floors[i], unit)
	}
	return floors
}

// floor is the largest whole number that is not above x.
func floor(x *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Div(x.Num(), x.Denom()))
}

// Significant rounds x to so many significant digits, a half away from 0.
func Significant(x *big.Rat, digits int) *big.Rat {
	if x.Sign() == 0 {
		return new(big.Rat)
	}
	rounded, _ := new(big.Rat).SetString(new(big.Float).SetPrec(256).SetRat(x).Text('e', digits-1))
	return rounded
}

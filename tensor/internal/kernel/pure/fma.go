package pure

import "math"

// FMA is a·b + c, rounded once. The product is exact in float64. The sum is rounded to odd, after
// which the rounding to float32 is as if it were the only one (Boldo and Melquiond 2008, theorem 3).
func FMA(a, b, c float32) float32 {
	x, y := float64(float64(a)*float64(b)), float64(c)
	sum := x + y
	part := sum - x // of y (Knuth's TwoSum: sum + rest is x + y)
	rest := (x - (sum - part)) + (y - part)
	if odd := math.Float64bits(sum); rest != 0 && rest == rest && odd&1 == 0 {
		if (rest > 0) == (sum > 0) {
			odd++
		} else {
			odd--
		}
		sum = math.Float64frombits(odd)
	}
	return float32(sum)
}

package kernel_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// TestShare: a share is ⌊n·to/whole⌋ − ⌊n·from/whole⌋ for numbers of any length, such as the
// nanoseconds of a call divided by its products.
func TestShare(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	floor := func(n, at, whole int64) int64 {
		product := new(big.Int).Mul(big.NewInt(n), big.NewInt(at))
		return product.Div(product, big.NewInt(whole)).Int64()
	}
	for range 100_000 {
		n, whole := r.Int64()>>r.IntN(63), max(1, r.Int64()>>r.IntN(63))
		to := r.Int64N(whole) + 1
		from := r.Int64N(to + 1)
		want := floor(n, to, whole) - floor(n, from, whole)
		if got := kernel.Share(n, from, to, whole); got != want {
			t.Fatalf("the share of %d to %d of %d in %d is %d, want %d", from, to, whole, n, got, want)
		}
	}
	if got := kernel.Share(math.MaxInt64, 0, math.MaxInt64, math.MaxInt64); got != math.MaxInt64 {
		t.Fatalf("a share of everything is %d", got)
	}
}

// TestCountShare: the shares of a Count add up to it, field by field, and Sub undoes Add.
func TestCountShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) int64 { return rapid.Int64Range(0, 1e15).Draw(t, name) }
		c := kernel.Count{
			Products: draw("products"), Elementwise: draw("elementwise"), Padding: draw("padding"),
			Special: draw("special"), Read: draw("read"), Written: draw("written"),
		}
		var sum kernel.Count
		whole, from := rapid.Int64Range(1, 50).Draw(t, "rows"), int64(0)
		for from < whole {
			to := rapid.Int64Range(from, whole).Draw(t, "end")
			sum.Add(c.Share(from, to, whole))
			from = to
		}
		if sum != c {
			t.Fatalf("the shares of %+v add up to %+v", c, sum)
		}
		if sum.Sub(c); sum != (kernel.Count{}) {
			t.Fatalf("%+v less itself is %+v", c, sum)
		}
	})
}

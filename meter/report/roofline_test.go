package report

import (
	"testing"

	"github.com/gptmeter/gptmeter/meter/bill"
)

// Tests that lie on each other have one mark, with all their numbers.
func TestGroups(t *testing.T) {
	g := graph{xs: scale{low: 1, high: 100, b: 600}, ys: scale{low: 1, high: 100, b: 600}}
	at := func(x, y float64) bill.RooflinePoint { return bill.RooflinePoint{FlopsPerByte: x, FlopsPerSecond: y} }
	groups := g.groups([]bill.RooflinePoint{at(10, 10), at(10.1, 10), at(10, 9.9), at(50, 50), at(10, 10.2), at(50, 51), at(90, 50)})
	want := []string{"1–3, 5", "4, 6", "7"}
	if len(groups) != len(want) {
		t.Fatalf("%d marks, want %d", len(groups), len(want))
	}
	for i, w := range want {
		if got := groups[i].label(); got != w {
			t.Errorf("mark %d is %q, want %q", i, got, w)
		}
	}
}

package tensor_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestInstructionSets: kernels in assembly have the same bits as each other, whatever the width of
// their registers.
func TestInstructionSets(t *testing.T) {
	sets := slices.DeleteFunc(tensor.Kernels(), func(name string) bool { return name == "pure" })
	if len(sets) < 2 {
		t.Skipf("of kernels in assembly there are only %v here", sets)
	}
	first, others := newExec(t, 1, sets[0]), []*tensor.Exec{}
	for _, set := range sets[1:] {
		others = append(others, newExec(t, 2, set))
	}
	rapid.Check(t, func(rt *rapid.T) {
		rows, n, k := rapid.IntRange(1, 40).Draw(rt, "rows"), rapid.IntRange(1, 100).Draw(rt, "outputs"), rapid.IntRange(1, 900).Draw(rt, "inputs")
		for _, op := range operators(first, drawRand(rt), rows, n, k, drawDType(rt)) {
			want := tensor.New(rows, op.cols)
			first.Divide([]int{rows})
			op.run(first, want, 0, rows)
			for _, x := range others {
				got := tensor.New(rows, op.cols)
				x.Divide([]int{rows})
				op.run(x, got, 0, rows)
				if d := differ(got.Data, want.Data); d != "" {
					rt.Fatalf("%s by %s and by %s: %s", op.name, x.Kernel(), first.Kernel(), d)
				}
			}
		}
	})
}

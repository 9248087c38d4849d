package tensor_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestSections: the parts' work in each section adds up to what was done in that section.
func TestSections(t *testing.T) {
	x := newExec(t, 3, "auto")
	rapid.Check(t, func(rt *rapid.T) {
		parts, sections := rapid.IntRange(1, 4).Draw(rt, "parts"), rapid.IntRange(1, 4).Draw(rt, "sections")
		ends, calls := drawCalls(rt, x, drawRuns(rt, parts))
		x.Sections(sections)
		x.Divide(ends)
		want := make([]tensor.Work, sections)
		for _, call := range calls {
			s := rapid.IntRange(0, sections-1).Draw(rt, "section")
			before := x.Work()
			x.Section(s)
			call()
			want[s].Add(x.Work().Since(before))
		}
		settled := x.Settle(nil)
		if len(settled) != parts*sections {
			rt.Fatalf("%d parts of %d sections settle as %d", parts, sections, len(settled))
		}
		for s := range sections {
			var got tensor.Work
			for i := range parts {
				got.Add(settled[i*sections+s])
			}
			for op := range got {
				got[op].Calls, want[s][op].Calls = 0, 0 // a part's are participations
			}
			if got != want[s] {
				rt.Fatalf("section %d of %d adds up to\n%+v\nnot to\n%+v", s, sections, got, want[s])
			}
		}
		x.Sections(1)
	})
}

// TestTrace: Trace sees each call once, one after the other, with the time that Work counts.
func TestTrace(t *testing.T) {
	x := newExec(t, 3, "auto")
	rapid.Check(t, func(rt *rapid.T) {
		ends, calls := drawCalls(rt, x, drawRuns(rt, 2))
		x.Sections(len(calls))
		x.Divide(ends)
		before, end := x.Work(), x.Clock()
		var walls [tensor.Operators]time.Duration
		var seen [tensor.Operators]int64
		for i, call := range calls {
			traced := 0
			x.Trace(func(c tensor.Call) {
				traced++
				if c.Section != i || c.Begin < end || c.Wall < 0 {
					rt.Fatalf("call %d, begun after %v, is traced as %+v", i, end, c)
				}
				end = c.Begin + c.Wall
				walls[c.Operator] += c.Wall
				seen[c.Operator]++
			})
			x.Section(i)
			call()
			if traced != 1 || x.Clock() < end {
				rt.Fatalf("call %d was traced %d times, at last until %v of %v", i, traced, end, x.Clock())
			}
		}
		seen[tensor.Softmax], seen[tensor.GELU], seen[tensor.Add] = 1, 1, 1 // fused: no calls of their own
		for op, w := range x.Work().Since(before) {
			if w.Wall != walls[op] || w.Calls != seen[op] {
				rt.Fatalf("%v took %v in %d calls, traced are %v in %d", tensor.Operator(op), w.Wall, w.Calls, walls[op], seen[op])
			}
		}
		x.Trace(nil)
		if calls[1](); seen[tensor.LayerNorm] != 2 {
			rt.Fatalf("a call was traced after Trace(nil)")
		}
		x.Settle(nil)
		x.Sections(1)
	})
}

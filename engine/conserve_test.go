package engine

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
)

// Whatever requests share steps and prefixes, and whenever they are cancelled: what their reports
// state adds up to what the engine did, every count to the unit, and their machine time, with the
// idle time, to the time since the engine was made. What they drew, with what was drawn while the
// machine was idle, is what its counters have counted; what they cost, with what it cost to wait, is
// what the machine has cost, exactly.
func TestConservation(t *testing.T) {
	with := smallEngine(t, DefaultOptions, 2)
	rapid.Check(t, func(t *rapid.T) {
		visits := someVisits(t)
		o := someOptions(t)
		counters := newCounters(rapid.Uint64().Draw(t, "energy"))
		o.Energy = counters.meter(t)
		o.Rate = someRate(t)
		e := New(with.model, with.exec, nil, o, time.Second)
		if rapid.Bool().Draw(t, "steps take seconds") { // then the counters are read after each
			tick(e)
		}
		var before Usage
		tasks, _ := serve(t, e, visits, func() {
			now := e.Usage()
			checkGrown(t, before, now)
			before = now
		})
		checkConserved(t, e, tasks)
		checkCost(t, e, tasks)
		counters.check(t, e, tasks)
	})
}

// someRate is of fractions that no float64 is equal to.
func someRate(t *rapid.T) *meter.Rate {
	fraction := func(name string) *big.Rat {
		return big.NewRat(rapid.Int64Range(0, 1e6).Draw(t, name), 365*86_400*rapid.Int64Range(1, 1e6).Draw(t, "of"))
	}
	return &meter.Rate{Price: "some", Currency: "EUR", Busy: fraction("busy"), Idle: fraction("idle"), Source: meter.Configured}
}

// checkCost adds up what tasks cost, with the clock of e at a standstill.
func checkCost(t fataler, e *Engine, tasks []*Task) {
	t.Helper()
	usage := e.Usage()
	sum := usage.IdleCost
	for i, task := range tasks {
		cost := task.Result().Meter.Cost
		if !cost.Prompt.Plus(cost.Completion).Equal(cost.Total) {
			t.Fatalf("task %d: %v and %v are not %v", i, cost.Prompt, cost.Completion, cost.Total)
		}
		seconds := big.NewRat(int64(task.account.MachineTime()), int64(time.Second))
		if want := meter.NewAmount(seconds.Mul(seconds, e.options.Rate.Busy)); !cost.Total.Equal(want) {
			t.Fatalf("task %d costs %v, want %v", i, cost.Total, want)
		}
		sum = sum.Plus(cost.Total)
	}
	if !sum.Equal(usage.Cost) {
		t.Fatalf("the requests and the idle time cost %v, the machine %v", sum, usage.Cost)
	}
}

// Logits are made for the rows that want them and no others: the last of a prompt, each of a
// scored one, one for each token but the first of each choice.
func TestUnembedRows(t *testing.T) {
	for _, test := range []struct {
		name            string
		change          func(r *Request)
		prefill, decode int64 // rows
	}{
		{"one token", func(r *Request) { r.MaxTokens = 1 }, 1, 0},
		{"choices", func(r *Request) { r.N = 3 }, 1, 9},
		{"no token", func(r *Request) { r.MaxTokens = 0 }, 0, 0},
		{"scored", func(r *Request) { r.Echo, r.Logprobs, r.MaxTokens = true, 0, 0 }, 26, 0},
		{"scored, and on", func(r *Request) { r.Echo, r.Logprobs = true, 0 }, 26, 3},
		{"echoed", func(r *Request) { r.Echo = true }, 1, 3},
	} {
		e := smallEngine(t, Options{MaxBatch: 1, StepTokens: 10}, 1)
		r := request(ids("abcdefghijklmnopqrstuvwxyz"), 4)
		r.IgnoreEOS = true
		test.change(&r)
		got := complete(t, e, r).Meter
		c := e.model.Config
		row := int64(2 * c.Vocabulary * c.Width)
		if p, d := products(got.Prefill, "unembed"), products(got.Decode, "unembed"); p != test.prefill*row || d != test.decode*row {
			t.Errorf("%s: products of %v and %v rows, want %d and %d", test.name,
				float64(p)/float64(row), float64(d)/float64(row), test.prefill, test.decode)
		}
	}
}

// products are an operator's, 0 where it is not listed.
func products(leg meter.Leg, operator string) int64 {
	for _, line := range leg.Operators {
		if line.Operator == operator {
			return line.ProductFlops
		}
	}
	return 0
}

// checkGrown wants no part of the usage to have fallen.
func checkGrown(t fataler, before, now Usage) {
	t.Helper()
	if now.Joules < before.Joules || now.IdleJoules < before.IdleJoules {
		t.Fatalf("%v joules, %v idle, became %v and %v", before.Joules, before.IdleJoules, now.Joules, now.IdleJoules)
	}
	if now.Other < before.Other || now.Idle < before.Idle {
		t.Fatalf("%v of other and %v of idle time became %v and %v", before.Other, before.Idle, now.Other, now.Idle)
	}
	if now.Choosing < before.Choosing || now.Choosing > now.Other {
		t.Fatalf("%v of choosing became %v of %v of other time", before.Choosing, now.Choosing, now.Other)
	}
	for o, w := range now.Work.Since(before.Work) {
		if min(w.Calls, w.Products, w.Elementwise, w.Padding, w.Special, w.Read, w.Written, int64(w.Wall), int64(w.Busy)) < 0 {
			t.Fatalf("the work of %v has fallen by %+v", tensor.Operator(o), w)
		}
	}
}

// checkConserved adds up the reports of all tasks that e has had.
func checkConserved(t fataler, e *Engine, tasks []*Task) {
	t.Helper()
	end := e.now()
	e.now = func() time.Duration { return end }
	usage := e.Usage()

	var time time.Duration
	seconds := 0.0
	operators := map[string]meter.Operator{}
	wall := map[string]float64{}
	for _, task := range tasks {
		report := task.Result().Meter
		checkReport(t, report)
		time += task.account.MachineTime()
		seconds += report.MachineSeconds
		for _, leg := range []meter.Leg{report.Prefill, report.Decode} {
			for _, line := range leg.Operators {
				sum := operators[line.Operator]
				sum.Calls += line.Calls
				sum.Counts = add(sum.Counts, line.Counts)
				operators[line.Operator] = sum
				if line.WallSeconds != nil {
					wall[line.Operator] += *line.WallSeconds
				}
			}
		}
	}
	if time+usage.Idle != end {
		t.Fatalf("%v of machine time and %v idle are not %v", time, usage.Idle, end)
	}
	if !near(seconds+usage.Idle.Seconds(), end.Seconds()) {
		t.Fatalf("%v machine seconds and %v idle are not %v", seconds, usage.Idle.Seconds(), end.Seconds())
	}
	for o, w := range usage.Work {
		name := tensor.Operator(o).String()
		want := meter.Counts{ProductFlops: w.Products, ElementwiseFlops: w.Elementwise, Flops: w.Products + w.Elementwise,
			PaddingFlops: w.Padding, SpecialOps: w.Special, BytesRead: w.Read, BytesWritten: w.Written}
		if got := operators[name].Counts; got != want {
			t.Fatalf("%s: the reports add up to\n%+v, the engine did\n%+v", name, got, want)
		}
		if !near(wall[name], w.Wall.Seconds()) {
			t.Fatalf("%s: the reports add up to %v seconds, the engine took %v", name, wall[name], w.Wall.Seconds())
		}
		// Calls say in how many a request had a part, so those that were shared count for each.
		if calls := operators[name].Calls; calls < w.Calls {
			t.Fatalf("%s: %d calls are reported of %d", name, calls, w.Calls)
		}
	}
}

// checkReport holds a report's sums against its parts.
func checkReport(t fataler, r meter.Report) {
	t.Helper()
	if !near(r.MachineSeconds, r.Prefill.MachineSeconds+r.Decode.MachineSeconds+r.OtherSeconds) {
		t.Fatalf("machine_seconds %v are not prefill %v, decode %v and other %v",
			r.MachineSeconds, r.Prefill.MachineSeconds, r.Decode.MachineSeconds, r.OtherSeconds)
	}
	if r.WallSeconds < 0 || r.OtherSeconds < 0 {
		t.Fatalf("%v wall seconds, %v other seconds", r.WallSeconds, r.OtherSeconds)
	}
	for _, leg := range []meter.Leg{r.Prefill, r.Decode} {
		sum, seconds := meter.Counts{}, 0.0
		for _, line := range leg.Operators {
			sum = add(sum, line.Counts)
			if (line.WallSeconds == nil) != (line.FusedInto != nil) || (line.BusySeconds == nil) != (line.FusedInto != nil) {
				t.Fatalf("%s: wall_seconds %v, busy_seconds %v, fused_into %v",
					line.Operator, line.WallSeconds, line.BusySeconds, line.FusedInto)
			}
			if line.WallSeconds != nil {
				seconds += *line.WallSeconds
			}
		}
		if sum != leg.Counts || leg.Flops != leg.ProductFlops+leg.ElementwiseFlops {
			t.Fatalf("the operators add up to\n%+v, the leg has\n%+v", sum, leg.Counts)
		}
		if !near(seconds, leg.MachineSeconds) || leg.MachineSeconds > leg.WallSeconds {
			t.Fatalf("operators took %v s, the leg %v machine and %v wall seconds", seconds, leg.MachineSeconds, leg.WallSeconds)
		}
		checkSections(t, leg)
		if leg.Tokens == 0 && (leg.Flops != 0 || leg.WallSeconds != 0) {
			t.Fatalf("a leg of no tokens has %d FLOPs and %v s", leg.Flops, leg.WallSeconds)
		}
	}
}

// checkSections wants a leg's sections, where it states any, to add up to its operators.
func checkSections(t fataler, leg meter.Leg) {
	t.Helper()
	if leg.Sections == nil {
		return
	}
	calls, sums, wall, busy := map[string]int64{}, map[string]meter.Counts{}, map[string]float64{}, map[string]float64{}
	for _, section := range leg.Sections {
		sum, seconds := meter.Counts{}, 0.0
		for _, line := range section.Operators {
			sum = add(sum, line.Counts)
			calls[line.Operator] += line.Calls
			sums[line.Operator] = add(sums[line.Operator], line.Counts)
			if line.WallSeconds != nil {
				wall[line.Operator] += *line.WallSeconds
				busy[line.Operator] += *line.BusySeconds
				seconds += *line.WallSeconds
			}
		}
		if sum != section.Counts || !near(seconds, section.MachineSeconds) {
			t.Fatalf("%s: the operators add up to\n%+v in %v s, the section has\n%+v in %v s",
				section.Section, sum, seconds, section.Counts, section.MachineSeconds)
		}
	}
	for _, line := range leg.Operators {
		if sums[line.Operator] != line.Counts || calls[line.Operator] != line.Calls {
			t.Fatalf("%s: the sections add up to\n%d calls, %+v, the leg has\n%d calls, %+v",
				line.Operator, calls[line.Operator], sums[line.Operator], line.Calls, line.Counts)
		}
		if line.WallSeconds != nil && (!near(wall[line.Operator], *line.WallSeconds) || !near(busy[line.Operator], *line.BusySeconds)) {
			t.Fatalf("%s: the sections took %v s, %v busy, the leg %v s, %v busy", line.Operator,
				wall[line.Operator], busy[line.Operator], *line.WallSeconds, *line.BusySeconds)
		}
		delete(sums, line.Operator)
	}
	if len(sums) > 0 {
		t.Fatalf("sections have %v that the leg has not", sums)
	}
}

func add(a, b meter.Counts) meter.Counts {
	return meter.Counts{
		ProductFlops: a.ProductFlops + b.ProductFlops, ElementwiseFlops: a.ElementwiseFlops + b.ElementwiseFlops,
		Flops: a.Flops + b.Flops, PaddingFlops: a.PaddingFlops + b.PaddingFlops, SpecialOps: a.SpecialOps + b.SpecialOps,
		BytesRead: a.BytesRead + b.BytesRead, BytesWritten: a.BytesWritten + b.BytesWritten,
	}
}

// near is equality but for the rounding of sums.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(1, math.Abs(a), math.Abs(b)) }

package tensor_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestSettle: the parts of any division, some of them empty, add up to what Work has grown by, in
// every field and to the unit; a part has as many calls as it had rows in.
func TestSettle(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		all := execs(t, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			x := rapid.SampledFrom(all).Draw(rt, "exec")
			parts := rapid.IntRange(1, 6).Draw(rt, "parts")
			calls := make([][tensor.Operators]int64, parts)
			before := x.Work()
			var whole [tensor.Operators]int64
			for range rapid.IntRange(1, 4).Draw(rt, "steps") {
				runs := drawRuns(rt, parts)
				runOperators(rt, x, runs)
				count(&whole, operatorCalls)
				for i, n := range runs {
					if n > 0 {
						count(&calls[i], operatorCalls)
					}
				}
			}
			grown := x.Work().Since(before)
			settled := x.Settle(nil)
			if len(settled) != parts {
				rt.Fatalf("%d parts are settled, not %d", len(settled), parts)
			}
			var sum tensor.Work
			for i, p := range settled {
				sum.Add(p)
				for op := range tensor.Operators {
					if p[op].Calls != calls[i][op] {
						rt.Fatalf("part %d took part in %d calls of %v, not %d", i, p[op].Calls, op, calls[i][op])
					}
				}
			}
			for op := range tensor.Operators {
				if grown[op].Calls != whole[op] {
					rt.Fatalf("%d calls of %v are counted, not %d", grown[op].Calls, op, whole[op])
				}
				sum[op].Calls = whole[op] // a part's are participations
			}
			if sum != grown {
				rt.Fatalf("the parts add up to\n%+v\nnot to\n%+v", sum, grown)
			}
			if rest := x.Settle(settled); len(rest) != 0 {
				rt.Fatalf("after Settle there are parts left: %+v", rest)
			}
		})
	})
}

// operatorCalls are those of one runOperators.
var operatorCalls = [tensor.Operators]int64{
	tensor.Embed: 1, tensor.LayerNorm: 2, tensor.Linear: 3, tensor.Attention: 1, tensor.Softmax: 1,
	tensor.GELU: 1, tensor.Add: 1, tensor.Unembed: 1,
}

func count(to *[tensor.Operators]int64, calls [tensor.Operators]int64) {
	for op, n := range calls {
		to[op] += n
	}
}

// drawRuns draws how many rows each part owns: at least one in all.
func drawRuns(t *rapid.T, parts int) (runs []int) {
	runs = rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 1, 1, 2, 3, 7, 20}), parts, parts).Draw(t, "runs")
	runs[rapid.IntRange(0, parts-1).Draw(t, "one with rows")]++
	return runs
}

// runOperators runs every operator on rows of which part i owns runs[i], and checks that Work
// grows with each.
func runOperators(t *rapid.T, x *tensor.Exec, runs []int) {
	ends, calls := drawCalls(t, x, runs)
	x.Divide(ends)
	for _, call := range calls {
		before := x.Work()
		call()
		for op, w := range x.Work().Since(before) {
			if w.Calls < 0 || w.Wall < 0 || w.Busy < 0 || w.Products < 0 || w.Elementwise < 0 ||
				w.Padding < 0 || w.Special < 0 || w.Read < 0 || w.Written < 0 {
				t.Fatalf("the odometer of %v ran backwards: %+v", tensor.Operator(op), w)
			}
		}
	}
}

// drawCalls makes one call of each operator, two of LayerNorm, three of Linear, on rows of which part i owns
// runs[i], up to ends[i].
func drawCalls(t *rapid.T, x *tensor.Exec, runs []int) (ends []int, calls []func()) {
	const heads, size, n = 5, 7, 33
	r := drawRand(t)
	var kvs []*tensor.KV
	rows, d := 0, drawDType(t)
	for _, run := range runs {
		rows += run
		ends = append(ends, rows)
		kvs = append(kvs, tensor.NewKV(heads, size, d))
	}
	c := heads * size
	w := x.Pack(elements(random(r, n*c)), tensor.OutputMajor, n, c, tensor.F32)
	in, qkv, ids := randomTensor(r, rows, c), randomTensor(r, rows, 3*c), make([]int, rows)
	vector, inner := random(r, c), tensor.New(rows, n)
	return ends, []func(){
		func() { x.Embed(in, w, ids, tensor.New(1, c), ids) },
		func() { x.LayerNorm(in, in, vector, vector, 1e-5) },
		func() { x.LayerNorm(in, in, vector, vector, 1e-5) },
		func() { x.Linear(tensor.New(rows, n), in, w, random(r, n)) },
		func() { x.Attention(in, qkv, kvs, 0.3) },
		func() { x.LinearActivate(inner, in, w, random(r, n), tensor.SiLU) },
		func() { x.LinearAdd(inner, in, w, random(r, n)) },
		func() { x.Unembed(tensor.New(rows, n), in, w) },
	}
}

// TestOwnWork: whatever shares a step with it, a part's matrix products are those of the closed
// form for its own rows and past, and its attention is what it is alone, in every field.
func TestOwnWork(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 3, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			const heads, size, n = 3, 5, 37
			const c = heads * size
			r := drawRand(rt)
			parts := rapid.IntRange(1, 4).Draw(rt, "parts")
			pasts := rapid.SliceOfN(rapid.IntRange(0, 70), parts, parts).Draw(rt, "pasts")
			runs, d := drawRuns(rt, parts), drawDType(rt)
			w := x.Pack(elements(random(r, n*c)), tensor.OutputMajor, n, c, tensor.F32)
			run := func(pasts, runs []int) []tensor.Work {
				var kvs []*tensor.KV
				var ends []int
				rows := 0
				for i, past := range pasts {
					kvs = append(kvs, tensor.NewKV(heads, size, d))
					if past > 0 {
						x.Divide([]int{past})
						x.Attention(tensor.New(past, c), tensor.New(past, 3*c), kvs[i:], 1)
					}
					rows += runs[i]
					ends = append(ends, rows)
				}
				x.Settle(nil)
				x.Divide(ends)
				x.Attention(tensor.New(rows, c), tensor.New(rows, 3*c), kvs, 1)
				x.Linear(tensor.New(rows, n), tensor.New(rows, c), w, make([]float32, n))
				return x.Settle(nil)
			}
			for i, p := range run(pasts, runs) {
				rows, past := int64(runs[i]), int64(pasts[i])
				if got, want := p[tensor.Linear].Products, 2*rows*n*c; got != want {
					rt.Fatalf("part %d of %v has %d products of Linear, not %d", i, runs, got, want)
				}
				pairs := rows*past + rows*(rows+1)/2
				if got, want := p[tensor.Attention].Products, 4*c*pairs; got != want {
					rt.Fatalf("part %d, %d rows after %d, has %d products of Attention, not %d", i, rows, past, got, want)
				}
				if rows == 0 {
					continue
				}
				alone := run(pasts[i:i+1], runs[i:i+1])[0]
				for _, op := range []tensor.Operator{tensor.Attention, tensor.Softmax} {
					if p[op].Count != alone[op].Count {
						rt.Fatalf("part %d, %d rows after %d: %v is %+v in company, %+v alone", i, rows, past, op, p[op].Count, alone[op].Count)
					}
				}
			}
		})
	})
}

func TestOperatorNames(t *testing.T) {
	seen := map[string]bool{}
	for op := range tensor.Operators {
		if name := op.String(); name == "" || seen[name] {
			t.Errorf("operator %d is called %q", op, name)
		}
		seen[op.String()] = true
		hosts := map[tensor.Operator]tensor.Operator{
			tensor.Softmax: tensor.Attention, tensor.GELU: tensor.Linear, tensor.Add: tensor.Linear}
		host, fused := op.FusedInto()
		if want, is := hosts[op]; fused != is || fused && host != want {
			t.Errorf("%v is fused into %v: %t", op, host, fused)
		}
	}
}

// TestTotal: Total is the sum over the operators.
func TestTotal(t *testing.T) {
	var w tensor.Work
	for op := range w {
		w[op] = tensor.OperatorWork{Calls: 1, Count: tensor.Count{Products: 2, Elementwise: 3, Padding: 4, Special: 5, Read: 6, Written: 7}, Wall: 8, Busy: 9}
	}
	const n = int64(tensor.Operators)
	want := tensor.OperatorWork{Calls: n, Count: tensor.Count{Products: 2 * n, Elementwise: 3 * n, Padding: 4 * n, Special: 5 * n, Read: 6 * n, Written: 7 * n}, Wall: time.Duration(8 * n), Busy: time.Duration(9 * n)}
	if got := w.Total(); got != want {
		t.Errorf("the total is %+v, not %+v", got, want)
	}
}

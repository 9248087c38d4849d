package tensor_test

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestMeterOff: without its meter an Exec computes the same bits and books nothing; with it on
// again it books what comes then.
func TestMeterOff(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 3, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			ends, calls := drawCalls(rt, x, drawRuns(rt, 2))
			before := x.Work()
			x.Trace(func(c tensor.Call) { rt.Fatalf("%v is traced", c.Operator) })
			x.Meter(false)
			x.Divide(ends)
			for _, call := range calls {
				call()
			}
			parts := x.Settle(nil)
			x.Trace(nil)
			x.Meter(true)
			if x.Work() != before {
				rt.Fatalf("booked %+v", x.Work().Since(before))
			}
			for i, p := range parts {
				if p != (tensor.Work{}) {
					rt.Fatalf("part %d has %+v", i, p)
				}
			}
			x.Divide(ends)
			calls[0]()
			if w := x.Work().Since(before)[tensor.Embed]; w.Calls != 1 || w.Read == 0 {
				rt.Fatalf("on again, it has booked %+v", w)
			}
			x.Settle(nil)
		})
	})
}

// TestMeterChangesNothing: the same rows through the same operators, metered and not.
func TestMeterChangesNothing(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		const rows, heads, size = 19, 3, 7
		r := rand.New(rand.NewPCG(8, 8))
		x := newExec(t, 2, kernels)
		in, qkv := randomTensor(r, rows, heads*size), randomTensor(r, rows, 3*heads*size)
		w := x.Pack(elements(random(r, 40*heads*size)), tensor.OutputMajor, 40, heads*size, tensor.F32)
		run := func(on bool) (attention, logits tensor.Tensor) {
			x.Meter(on)
			attention, logits = tensor.New(rows, heads*size), tensor.New(rows, 40)
			x.Divide([]int{rows})
			x.Attention(attention, qkv, []*tensor.KV{tensor.NewKV(heads, size, tensor.F32)}, 0.5)
			x.Unembed(logits, in, w)
			x.Settle(nil)
			return attention, logits
		}
		attention, logits := run(true)
		attentionOff, logitsOff := run(false)
		if d := differ(attentionOff.Data, attention.Data) + differ(logitsOff.Data, logits.Data); d != "" {
			t.Error(d)
		}
	})
}

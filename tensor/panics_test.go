package tensor

import (
	"fmt"
	"slices"
	"testing"
)

// TestPanics: every programmer error is answered with its constant, and nothing is written,
// counted or appended by then.
func TestPanics(t *testing.T) {
	const heads, size, rows, n = 2, 3, 4, 33
	const c = heads * size
	pool := NewPool(2)
	defer pool.Close()
	x, err := NewExec(pool, "pure")
	if err != nil {
		t.Fatal(err)
	}
	released := 0
	w := x.Pack(counting{&released}, OutputMajor, n, c, F32)
	in, out, wide, qkv := New(rows, c), New(rows, c), New(rows, n), New(rows, 3*c)
	vector, bias, zeros := make([]float32, c), make([]float32, n), make([]int, rows)
	kv, narrow, turned := NewKV(heads, size, F32), NewKV(heads, size-1, F32), NewKV(size, heads, F32)
	cut := Tensor{Rows: rows, Cols: c, Data: make([]float32, rows*c-1)}
	whole, halves := []int{rows}, []int{1, rows}

	for _, call := range []struct {
		name  string
		want  string
		parts []int
		call  func()
	}{
		{"no workers", badThreads, whole, func() { NewPool(0) }},
		{"fewer workers than none", badThreads, whole, func() { NewPool(-1) }},

		{"falling ends", badDivision, whole, func() { x.Divide([]int{3, 2}) }},
		{"a negative end", badDivision, whole, func() { x.Divide([]int{-1, 4}) }},
		{"no sections", badSections, nil, func() { x.Sections(0) }},
		{"sections after a division", badSections, whole, func() { x.Sections(2) }},
		{"no division", badRows, nil, func() { x.LayerNorm(out, in, vector, vector, 0) }},
		{"other rows than divided", badRows, []int{2, 3}, func() { x.Linear(wide, in, w, bias) }},
		{"attention to other rows", badRows, []int{2}, func() { x.Attention(out, qkv, []*KV{kv}, 1) }},
		{"no rows", badRows, []int{0}, func() { x.LayerNorm(Tensor{Cols: c}, Tensor{Cols: c}, vector, vector, 0) }},

		{"pack no outputs", badShape, whole, func() { x.Pack(counting{&released}, InputMajor, 0, 1, F32) }},
		{"pack no inputs", badShape, whole, func() { x.Pack(counting{&released}, InputMajor, 1, -1, F32) }},
		{"pack as what", badDType, whole, func() { x.Pack(counting{&released}, InputMajor, 1, 1, F32+100) }},

		{"embed too few ids", badShape, whole, func() { x.Embed(out, w, zeros[1:], in, zeros) }},
		{"embed too few positions", badShape, whole, func() { x.Embed(out, w, zeros, in, zeros[1:]) }},
		{"embed into other columns", badShape, whole, func() { x.Embed(wide, w, zeros, in, zeros) }},
		{"embed at other columns", badShape, whole, func() { x.Embed(out, w, zeros, wide, zeros) }},
		{"embed a negative id", badID, whole, func() { x.Embed(out, w, []int{0, 0, 0, -1}, in, zeros) }},
		{"embed an id too large", badID, whole, func() { x.Embed(out, w, []int{0, 0, 0, n}, in, zeros) }},
		{"embed at a negative position", badID, whole, func() { x.Embed(out, w, zeros, in, []int{0, 0, 0, -1}) }},
		{"embed at a position too large", badID, whole, func() { x.Embed(out, w, zeros, in, []int{0, 0, 0, rows}) }},

		{"layernorm of other rows", badShape, whole, func() { x.LayerNorm(out, New(rows+1, c), vector, vector, 0) }},
		{"layernorm of other columns", badShape, whole, func() { x.LayerNorm(out, wide, vector, vector, 0) }},
		{"layernorm without gain", badShape, whole, func() { x.LayerNorm(out, in, nil, vector, 0) }},
		{"layernorm without bias", badShape, whole, func() { x.LayerNorm(out, in, vector, vector[1:], 0) }},

		{"linear into other rows", badShape, whole, func() { x.Linear(New(rows+1, n), in, w, bias) }},
		{"linear into other columns", badShape, whole, func() { x.Linear(out, in, w, bias) }},
		{"linear of other columns", badShape, whole, func() { x.Linear(wide, wide, w, bias) }},
		{"linear without bias", badShape, whole, func() { x.Linear(wide, in, w, nil) }},
		{"unembed into other columns", badShape, whole, func() { x.Unembed(out, in, w) }},
		{"add other rows", badShape, whole, func() { x.LinearAdd(wide, New(rows-1, c), w, bias) }},
		{"add other columns", badShape, whole, func() { x.LinearAdd(out, in, w, bias) }},
		{"add without bias", badShape, whole, func() { x.LinearAdd(wide, in, w, bias[1:]) }},
		{"activate other columns", badShape, whole, func() { x.LinearActivate(out, in, w, bias, ReLU) }},
		{"activate without bias", badShape, whole, func() { x.LinearActivate(wide, in, w, nil, ReLU) }},
		{"activate as what", badActivation, whole, func() { x.LinearActivate(wide, in, w, bias, Tanh+1) }},

		{"attention to other rows than asked", badShape, whole, func() { x.Attention(New(rows+1, c), qkv, []*KV{kv}, 1) }},
		{"attention to two thirds", badShape, whole, func() { x.Attention(out, New(rows, 2*c), []*KV{kv}, 1) }},
		{"attention of last to other columns", badShape, whole, func() { x.AttentionOfLast(out, in, qkv, whole, []*KV{kv}, 1) }},
		{"attention of last to other parts", badShape, whole, func() { x.AttentionOfLast(out, in, New(rows, 2*c), halves, []*KV{kv}, 1) }},
		{"attention of last to more rows", badDivision, halves, func() { x.AttentionOfLast(out, in, New(rows, 2*c), []int{2, rows}, []*KV{kv, kv}, 1) }},
		{"attention of last to falling ends", badDivision, halves, func() { x.AttentionOfLast(out, in, New(rows, 2*c), []int{1, 0}, []*KV{kv, kv}, 1) }},
		{"attention of last to fewer rows", badRows, whole, func() { x.AttentionOfLast(out, in, New(rows, 2*c), []int{1}, []*KV{kv}, 1) }},
		{"map too few bytes", badPacking, whole, func() { w.Packing(InputMajor).Map(w.Packed()[64:], nil) }},
		{"map what is not aligned", badPacking, whole, func() { (Packing{Int8, InputMajor, 32, 16}).Map(make([]byte, 1024)[1:][:640], nil) }},
		{"split inside a panel", badSplit, whole, func() { w.Split(31) }},
		{"split nothing off", badSplit, whole, func() { w.Split(64) }},
		{"attention of a part less", badShape, halves, func() { x.Attention(out, qkv, []*KV{kv}, 1) }},
		{"attention to another width", badShape, halves, func() { x.Attention(out, qkv, []*KV{kv, narrow}, 1) }},
		{"attention to other heads", badShape, halves, func() { x.Attention(out, qkv, []*KV{kv, turned}, 1) }},
		{"attention to one sequence twice", badSequence, halves, func() { x.Attention(out, qkv, []*KV{kv, kv}, 1) }},

		{"embed into cut data", badShape, whole, func() { x.Embed(cut, w, zeros, in, zeros) }},
		{"embed at cut data", badShape, whole, func() { x.Embed(out, w, zeros, cut, zeros) }},
		{"layernorm of cut data", badShape, whole, func() { x.LayerNorm(out, cut, vector, vector, 0) }},
		{"linear of cut data", badShape, whole, func() { x.Linear(wide, cut, w, bias) }},
		{"unembed into cut data", badShape, whole, func() { x.Unembed(Tensor{rows, n, wide.Data[1:]}, in, w) }},
		{"activate cut data", badShape, whole, func() { x.LinearActivate(Tensor{rows, n, wide.Data[1:]}, in, w, bias, ReLU) }},
		{"add cut data", badShape, whole, func() { x.LinearAdd(wide, cut, w, bias) }},
		{"attention into cut data", badShape, whole, func() { x.Attention(cut, qkv, []*KV{kv}, 1) }},
		{"attention of cut data", badShape, whole, func() { x.Attention(out, Tensor{rows, 3 * c, qkv.Data[1:]}, []*KV{kv}, 1) }},

		{"a prefix too long", badPrefix, whole, func() { kv.Prefix(rows + 1) }},
		{"a negative prefix", badPrefix, whole, func() { kv.Prefix(-1) }},
		{"a division that is settled", badRows, whole, func() { x.Settle(nil); x.LayerNorm(out, in, vector, vector, 0) }},
	} {
		t.Run(call.name, func(t *testing.T) {
			x.Settle(nil)
			x.Divide(call.parts)
			written := [][]float32{out.Data, wide.Data, cut.Data}
			for _, data := range written {
				for i := range data {
					data[i] = 7
				}
			}
			before := x.Work()
			if got := panicOf(call.call); got != call.want {
				t.Fatalf("panics with %q, not %q", got, call.want)
			}
			if x.Work() != before {
				t.Errorf("something was counted: %+v", x.Work().Since(before))
			}
			for _, data := range written {
				if slices.ContainsFunc(data, func(v float32) bool { return v != 7 }) {
					t.Errorf("something was written")
				}
			}
			if kv.Len() != 0 || kv.Bytes() != 0 {
				t.Errorf("the sequence grew to %d positions and %d bytes", kv.Len(), kv.Bytes())
			}
			if released != 1 {
				t.Errorf("%d sources were released", released)
			}
		})
	}
}

// panicOf is what call panics with, as text.
func panicOf(call func()) (message string) {
	defer func() {
		if p := recover(); p != nil {
			message = fmt.Sprint(p)
		}
	}()
	call()
	return ""
}

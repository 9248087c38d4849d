package tensor_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestAttention compares Attention with the same in float64. With scores off by δ, exponentials
// are off by the factor e^±2δ (numerator and maximum) and 2 units in the last place, and the
// weighted mean of n values by at most their largest times all of that and its n roundings.
func TestAttention(t *testing.T) {
	shapes := []struct{ heads, size int }{{1, 1}, {5, 7}, {2, 31}, {1, 32}, {3, 33}, {2, 64}, {1, 70}}
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 2, kernels)
		r := rand.New(rand.NewPCG(1, 2))
		for _, shape := range shapes {
			for _, rows := range []int{1, 2, 5, 31, 32, 33, 65, 100} {
				width := shape.heads * shape.size
				qkv := randomTensor(r, rows, 3*width)
				out := tensor.New(rows, width)
				x.Divide([]int{rows})
				x.Attention(out, qkv, []*tensor.KV{tensor.NewKV(shape.heads, shape.size, tensor.F32)}, 0.3)
				for h := range shape.heads {
					compareHead(t, out, qkv, h, shape.size, 0.3)
				}
			}
		}
	})
}

func compareHead(t *testing.T, out, qkv tensor.Tensor, head, size int, scale float32) {
	at := func(row, part, d int) float64 { return float64(qkv.Row(row)[part*out.Cols+head*size+d]) }
	for i := range out.Rows {
		scores := make([]float64, i+1)
		most, off := math.Inf(-1), 0.0
		for j := range scores {
			magnitude := 0.0
			for d := range size {
				product := at(i, 0, d) * at(j, 1, d) * float64(scale)
				scores[j] += product
				magnitude += math.Abs(product)
			}
			most = max(most, scores[j])
			off = max(off, float64(size+1)*unit*magnitude+unit*math.Abs(scores[j]))
		}
		sum := 0.0
		for j, s := range scores {
			scores[j] = math.Exp(s - most)
			sum += scores[j]
		}
		within := 4*off + float64(2*len(scores)+16)*unit
		for d := range size {
			want, largest := 0.0, 0.0
			for j, e := range scores {
				want += e / sum * at(j, 2, d)
				largest = max(largest, math.Abs(at(j, 2, d)))
			}
			if got := float64(out.Row(i)[head*size+d]); !(math.Abs(got-want) <= within*largest) {
				t.Fatalf("%d rows, head %d of size %d, row %d, element %d: %v, want %v: off by %g, allowed are %g",
					out.Rows, head, size, i, d, got, want, math.Abs(got-want), within*largest)
			}
		}
	}
}

// A sequence is a KV and the rows that are fed to it.
type sequence struct {
	kv   *tensor.KV
	qkv  tensor.Tensor // (T, 3C)
	want tensor.Tensor // (T, C): the result where one worker does the whole sequence in one call
	done int           // rows fed so far
}

func newSequence(x *tensor.Exec, qkv tensor.Tensor, heads, size int, d tensor.DType) *sequence {
	s := &sequence{kv: tensor.NewKV(heads, size, d), qkv: qkv, want: tensor.New(qkv.Rows, heads*size)}
	x.Divide([]int{qkv.Rows})
	x.Attention(s.want, qkv, []*tensor.KV{tensor.NewKV(heads, size, d)}, stepScale)
	return s
}

const stepScale = 0.4

// TestAttentionSteps: however sequences are cut, batched, forked from a common prefix and shared
// out among workers, each row has the bits that it has when its sequence is computed whole.
func TestAttentionSteps(t *testing.T) {
	eachKernels(t, func(t *testing.T, kernels string) {
		all := execs(t, kernels)
		rapid.Check(t, func(rt *rapid.T) {
			r := drawRand(rt)
			heads, size := rapid.IntRange(1, 5).Draw(rt, "heads"), rapid.SampledFrom([]int{1, 7, 16, 33}).Draw(rt, "size")
			d, longest := drawDType(rt), 100
			if d.Integer() { // has longer blocks
				longest = 300
			}
			var live []*sequence
			for range rapid.IntRange(1, 4).Draw(rt, "sequences") {
				rows := rapid.IntRange(1, longest).Draw(rt, "rows")
				live = append(live, newSequence(all[0], randomTensor(r, rows, 3*heads*size), heads, size, d))
			}
			for forks := 3; len(live) > 0; {
				if old := live[0]; forks > 0 && rapid.Bool().Draw(rt, "fork") {
					forks--
					n := rapid.IntRange(0, old.done).Draw(rt, "prefix")
					qkv := randomTensor(r, old.qkv.Rows, old.qkv.Cols)
					copy(qkv.Data, old.qkv.Slice(0, n).Data)
					fork := newSequence(all[0], qkv, heads, size, d)
					fork.kv, fork.done = old.kv.Prefix(n), n
					live = append(live, fork)
				}
				live = step(rt, rapid.SampledFrom(all).Draw(rt, "exec"), live)
			}
		})
	})
}

// step feeds each sequence its next rows, at times none, and returns those that have more.
func step(rt *rapid.T, x *tensor.Exec, live []*sequence) (rest []*sequence) {
	var ends, runs []int
	var kvs []*tensor.KV
	var qkv []float32
	rows := 0
	for i, s := range live {
		least := 0
		if i == len(live)-1 && rows == 0 {
			least = 1
		}
		n := rapid.IntRange(least, s.qkv.Rows-s.done).Draw(rt, "run")
		rows += n
		runs, ends, kvs = append(runs, n), append(ends, rows), append(kvs, s.kv)
		qkv = append(qkv, s.qkv.Slice(s.done, s.done+n).Data...)
	}
	width := live[0].want.Cols
	out := tensor.New(rows, width)
	x.Divide(ends)
	x.Attention(out, tensor.Tensor{Rows: rows, Cols: 3 * width, Data: qkv}, kvs, stepScale)
	for i, s := range live {
		got, want := out.Slice(ends[i]-runs[i], ends[i]), s.want.Slice(s.done, s.done+runs[i])
		if d := differ(got.Data, want.Data); d != "" {
			rt.Fatalf("%d workers, sequence %d, rows from %d: %s", x.Threads(), i, s.done, d)
		}
		if s.done += runs[i]; s.kv.Len() != s.done {
			rt.Fatalf("the KV has %d positions after %d", s.kv.Len(), s.done)
		}
		if s.done < s.qkv.Rows {
			rest = append(rest, s)
		}
	}
	return rest
}

// TestKVBytes: a KV has room for its positions in blocks, a key and a value for each. Those of int8 have a scale
// each, elements of keys in sixteens, and a block a line of scales for 32 elements of its values.
func TestKVBytes(t *testing.T) {
	const heads, size = 2, 7
	x := newExec(t, 1, "auto")
	for d, block := range map[tensor.DType]struct{ positions, bytes int64 }{
		tensor.F32:  {32, 32 * 2 * heads * size * 4},
		tensor.BF16: {32, 32 * 2 * heads * size * 4},
		tensor.Int8: {128, heads * (128*(16+4) + 128*(32+4) + 32*4)},
		tensor.Int4: {128, heads * (128*(16+4) + 128*(32+4) + 32*4)},
	} {
		kv := tensor.NewKV(heads, size, d)
		for n := range 300 {
			want := (int64(n) + block.positions - 1) / block.positions * block.bytes
			if got := kv.Bytes(); kv.Len() != n || got != want || got != tensor.KVBytes(heads, size, n, d) {
				t.Fatalf("%v: %d positions are %d, in %d bytes, not %d", d, n, kv.Len(), got, want)
			}
			x.Divide([]int{1})
			x.Attention(tensor.New(1, heads*size), tensor.New(1, 3*heads*size), []*tensor.KV{kv}, 1)
		}
	}
}

// TestAttentionInt8: with keys and values of int8 a result is off by a small part of the values, also where one
// element of the keys is many times larger than the others, as in GPT-2.
func TestAttentionInt8(t *testing.T) {
	const heads, size, rows, off = 3, 64, 300, 0.03
	eachKernels(t, func(t *testing.T, kernels string) {
		x := newExec(t, 2, kernels)
		qkv := randomTensor(rand.New(rand.NewPCG(1, 2)), rows, 3*heads*size)
		for i := range rows {
			qkv.Row(i)[heads*size+5] += 20
		}
		run := func(d tensor.DType) tensor.Tensor {
			out := tensor.New(rows, heads*size)
			x.Divide([]int{rows})
			x.Attention(out, qkv, []*tensor.KV{tensor.NewKV(heads, size, d)}, 0.125)
			return out
		}
		want, got := run(tensor.F32), run(tensor.Int8)
		var largest float64
		for i := range rows {
			for _, v := range qkv.Row(i)[2*heads*size:] {
				largest = max(largest, math.Abs(float64(v)))
			}
		}
		for i, v := range got.Data {
			if d := math.Abs(float64(v - want.Data[i])); !(d <= off*largest) {
				t.Fatalf("row %d, element %d: %v, in float32 %v: off by %.3g of %v", i/got.Cols, i%got.Cols, v, want.Data[i], d/largest, largest)
			}
		}
	})
}

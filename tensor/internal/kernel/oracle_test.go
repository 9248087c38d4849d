package kernel_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/oracle"
)

// Every operator of every backend against the oracle: the same bits and the same Count.

// A machine is how a backend multiplies: whether it rounds a product and its addition once, and
// how many columns a register has.
type machine struct {
	fused   bool
	columns int
}

var machines = map[string]machine{"amx": {true, 16}, "avx512": {true, 16}, "avx2": {true, 8}, "pure": {false, 1}}

// beyond is how many columns registers have beyond n of a tile's 32.
func (m machine) beyond(n int) int { return (m.columns - n%m.columns) % m.columns }

// guarded is a buffer of n elements between guard words, which check finds changed if a kernel
// wrote outside.
func guarded(n int) (x []float32, check func(t *rapid.T)) {
	const words = 64
	guard := math.Float32frombits(0x7fc0beef)
	all := make([]float32, n+2*words)
	for i := range all {
		all[i] = guard
	}
	return all[words : words+n : words+n], func(t *rapid.T) {
		for i, v := range all {
			if (i < words || i >= words+n) && math.Float32bits(v) != math.Float32bits(guard) {
				t.Fatalf("word %d of a buffer of %d was written", i-words, n)
			}
		}
	}
}

// entry draws a float32: mostly ordinary, at times huge, tiny, infinite or no number.
func entry() *rapid.Generator[float32] {
	return rapid.OneOf(
		rapid.Float32Range(-3, 3), rapid.Float32Range(-3, 3), rapid.Float32Range(-3, 3),
		rapid.SampledFrom([]float32{0, float32(math.Copysign(0, -1)), 1e-40, -1e-40, 1e30, -1e30, 100, -100,
			float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}))
}

// matrix draws rows×cols entries; now and then a row has NaN or infinities.
func matrix(t *rapid.T, name string, rows, cols int) []float32 {
	seed := rapid.Uint64().Draw(t, name)
	special := rapid.IntRange(0, 9).Draw(t, name+" special")
	x := make([]float32, rows*cols)
	for i := range x {
		seed = seed*6364136223846793005 + 1442695040888963407
		x[i] = float32(int32(seed>>32)) / (1 << 30)
	}
	if special == 0 && len(x) > 0 {
		x[rapid.IntRange(0, len(x)-1).Draw(t, "where")] = rapid.SampledFrom([]float32{
			float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 3e38, 1e-42}).Draw(t, "what")
	}
	return x
}

func operand(x []float32, cols int) oracle.Matrix {
	return oracle.Operand(len(x)/cols, cols, func(i, j int) float32 { return x[i*cols+j] })
}

// equal fails where a kernel's result or Count differs from the oracle's.
func equal(t *rapid.T, b *kernel.Backend, got []float32, want oracle.Matrix, count, tally kernel.Count) {
	t.Helper()
	for i := range want {
		cols := len(want[i])
		for j := range want[i] {
			g, w := got[i*cols+j], want[i][j].Float()
			if math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
				t.Fatalf("%s: element (%d, %d) is %v, the oracle has %v", b.Name, i, j, g, w)
			}
		}
	}
	if count != tally {
		t.Fatalf("%s: counted %+v, the oracle did %+v", b.Name, count, tally)
	}
}

// size draws a dimension, with the sizes around tile edges as likely as all others together.
func size(most int) *rapid.Generator[int] {
	var edges []int
	for _, e := range []int{1, 2, 4, 8, 16, 32, 64} {
		for n := e - 1; n <= e+1; n++ {
			if n >= 1 && n <= most {
				edges = append(edges, n)
			}
		}
	}
	return rapid.OneOf(rapid.IntRange(1, most), rapid.SampledFrom(edges))
}

// each runs a property against every backend of this processor.
func each(t *testing.T, property func(t *rapid.T, b *kernel.Backend)) {
	for _, b := range kernel.Backends() {
		t.Run(b.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { property(t, b) })
		})
	}
}

// held are the numbers that a format makes of w, as an operand.
func held(f kernel.Format, w []float32, cols int) oracle.Matrix {
	at := func(i, j int) float32 { return w[i*cols+j] }
	switch f {
	case kernel.BF16:
		return oracle.Held(2, len(w)/cols, cols, func(i, j int) float32 { return nearestBF16(at(i, j)) })
	}
	return oracle.Operand(len(w)/cols, cols, at)
}

func format() *rapid.Generator[kernel.Format] {
	return rapid.SampledFrom([]kernel.Format{kernel.F32, kernel.BF16})
}

func pack(f kernel.Format, w []float32, n, k int) kernel.Panels {
	p := new(kernel.Arena).NewPanels(f, n, k)
	p.Pack(func(numbers []float32, first int) {
		for i := range k {
			for j := first; j < min(first+kernel.PanelColumns, n); j++ {
				numbers[i*kernel.PanelColumns+j-first] = w[j*k+i]
			}
		}
	}, 0, kernel.PanelCount(n))
	return p
}

// epilogue draws what is done with sums.
func epilogue(t *rapid.T, bias []float32) (e kernel.Epilogue) {
	if rapid.Bool().Draw(t, "with bias") {
		e.Bias = bias
	}
	switch rapid.IntRange(0, 2).Draw(t, "then") {
	case 1:
		e.Activate, e.Activation = true, kernel.Activation(rapid.IntRange(0, int(kernel.Activations)-1).Draw(t, "function"))
	case 2:
		e.Add = true
	}
	return e
}

func TestLinear(t *testing.T) {
	each(t, func(t *rapid.T, b *kernel.Backend) {
		linear(t, b, size(35).Draw(t, "rows"), size(100).Draw(t, "outputs"), size(70).Draw(t, "inputs"))
	})
}

// TestLinearBlocks has more rows and inputs than go through Linear at once.
func TestLinearBlocks(t *testing.T) {
	shapes := rapid.SampledFrom([][3]int{{1, 33, 1600}, {2, 33, 769}, {42, 5, 1536}, {43, 3, 768}, {127, 2, 1537}})
	each(t, func(t *rapid.T, b *kernel.Backend) {
		shape := shapes.Draw(t, "rows, outputs, inputs")
		linear(t, b, shape[0], shape[1], shape[2])
	})
}

func linear(t *rapid.T, b *kernel.Backend, rows, n, k int) {
	in, w, before := matrix(t, "in", rows, k), matrix(t, "w", n, k), matrix(t, "out", rows, n)
	f := format().Draw(t, "format")
	e := epilogue(t, rapid.SliceOfN(entry(), n, n).Draw(t, "bias"))
	machine := machines[b.Name]
	m, fused := oracle.Machine{Fused: machine.fused}, oracle.Machine{}
	m.Tally.Padding = int64(2 * rows * k * machine.beyond(n))
	want := operand(before, n)
	var bias []oracle.Number
	if e.Bias != nil {
		m.Tally.Padding += int64(rows * machine.beyond(n))
		bias = operand(e.Bias, n)[0]
	}
	m.Linear(&fused, want, operand(in, k), held(f, w, k), bias, e)
	out, check := guarded(rows * n)
	copy(out, before)
	panels := kernel.PanelCount(n)
	cut := rapid.IntRange(0, panels).Draw(t, "cut")
	packed := pack(f, w, n, k)
	scratch := make([]float32, kernel.LinearScratch(rows, packed, &e, panels))
	count, more := b.Linear(out, n, in, k, rows, packed, &e, 0, cut, scratch)
	rest, moreRest := b.Linear(out, n, in, k, rows, packed, &e, cut, panels, scratch)
	count.Add(rest)
	more.Add(moreRest)
	check(t)
	equal(t, b, out, want, count, m.Tally)
	if more != fused.Tally {
		t.Fatalf("%s: the epilogue counted %+v, the oracle did %+v", b.Name, more, fused.Tally)
	}
}

func TestLayerNorm(t *testing.T) {
	each(t, func(t *rapid.T, b *kernel.Backend) {
		rows, n := size(9).Draw(t, "rows"), size(100).Draw(t, "width")
		in, gain, bias := matrix(t, "in", rows, n), matrix(t, "gain", 1, n), matrix(t, "bias", 1, n)
		var m oracle.Machine
		want := m.LayerNorm(operand(in, n), operand(gain, n)[0], operand(bias, n)[0], 1e-5)
		out, check := guarded(rows * n)
		cut := rapid.IntRange(0, rows).Draw(t, "cut")
		count := b.LayerNorm(out, in, n, gain, bias, 1e-5, 0, cut)
		count.Add(b.LayerNorm(out, in, n, gain, bias, 1e-5, cut, rows))
		check(t)
		equal(t, b, out, want, count, m.Tally)
	})
}

func TestEmbed(t *testing.T) {
	each(t, func(t *rapid.T, b *kernel.Backend) {
		rows, n, width := size(9).Draw(t, "rows"), size(70).Draw(t, "tokens"), size(40).Draw(t, "width")
		w, positions := matrix(t, "w", n, width), matrix(t, "positions", 5, width)
		ids := rapid.SliceOfN(rapid.IntRange(0, n-1), rows, rows).Draw(t, "ids")
		at := rapid.SliceOfN(rapid.IntRange(0, 4), rows, rows).Draw(t, "at")
		var tokens, places []float32
		for i := range ids {
			tokens = append(tokens, w[ids[i]*width:(ids[i]+1)*width]...)
			places = append(places, positions[at[i]*width:(at[i]+1)*width]...)
		}
		f := format().Draw(t, "format")
		var m oracle.Machine
		want := m.Embed(held(f, tokens, width), operand(places, width))
		out, check := guarded(rows * width)
		count := b.Embed(out, pack(f, w, n, width), ids, positions, at, 0, rows)
		check(t)
		equal(t, b, out, want, count, m.Tally)
	})
}

// TestHead feeds a sequence in two calls, cut anywhere, whose last rows ask, and compares each with
// the oracle's.
func TestHead(t *testing.T) {
	each(t, func(t *rapid.T, b *kernel.Backend) {
		heads, d := rapid.IntRange(1, 3).Draw(t, "heads"), size(140).Draw(t, "head size")
		int8s := rapid.Bool().Draw(t, "int8")
		past, rows := rapid.IntRange(0, 70).Draw(t, "past"), size(40).Draw(t, "rows")
		if int8s {
			past, rows = 4*past, 4*rows
		}
		width := heads * d
		all := matrix(t, "qkv", past+rows, 3*width)
		a := kernel.Attention{Blocks: kernel.Blocks{Heads: heads, Size: d, Int8: int8s}, Scale: 0.37, LDQ: 3 * width, LDKV: 3 * width}
		a.Keys, a.Values = a.Append(nil, nil, kernel.NewBlocks(a.Count(past+rows)*a.Length()))
		for i := range a.Keys { // nobody has written them yet
			fill(a.Keys[i], float32(math.NaN()))
			fill(a.Values[i], float32(math.NaN()))
		}
		for h := range heads {
			part := func(from, to, which int) oracle.Matrix {
				return oracle.Operand(to-from, d, func(i, j int) float32 {
					return all[(from+i)*3*width+which*width+h*d+j]
				})
			}
			for _, cut := range [][2]int{{0, past}, {past, past + rows}} {
				from, to := cut[0], cut[1]
				if from == to {
					continue
				}
				a.Past, a.Rows, a.Queries = from, to-from, to-from
				if rapid.Bool().Draw(t, "some ask") {
					a.Queries = rapid.IntRange(0, to-from).Draw(t, "queries")
				}
				first := to - a.Queries
				a.Q, a.KV = all[first*3*width:to*3*width], all[from*3*width+width:to*3*width]
				machine := machines[b.Name]
				m, softmax := oracle.Machine{Fused: machine.fused}, oracle.Machine{}
				var want oracle.Matrix
				if int8s {
					m.Tally.Padding = headPaddingInt8(first, a.Queries, d, to)
					want = m.HeadInt8(&softmax, part(first, to, 0), part(0, to, 1), part(0, to, 2), from, a.Positions(), a.Scale)
				} else {
					m.Tally.Padding = headPadding(b, first, a.Queries, d)
					want = m.Head(&softmax, part(first, to, 0), part(0, to, 1), part(0, to, 2), from, a.Scale)
				}
				out, check := guarded(a.Queries * width)
				a.Out = out
				products, exps := b.Heads(&a, nil, h, h+1, make([]float32, b.ScratchSize(a.Blocks, to)))
				check(t)
				got := make([]float32, 0, a.Queries*d)
				for i := range a.Queries {
					got = append(got, out[i*width+h*d:i*width+(h+1)*d]...)
				}
				equal(t, b, got, want, products, m.Tally)
				if exps != softmax.Tally {
					t.Fatalf("%s: softmax counted %+v, the oracle did %+v", b.Name, exps, softmax.Tally)
				}
			}
		}
	})
}

// headPaddingInt8 is the same for blocks of int8: 64 rows at most meet panels of 32 positions, then of 32
// elements, whose inputs are filled up with zeros.
func headPaddingInt8(first, rows, size, positions int) (padding int64) {
	up := func(n, unit int) int { return (n + unit - 1) / unit * unit }
	for n, groups := 0, (rows+63)/64; n < groups; n++ {
		from, to := first+rows*n/groups, first+rows*(n+1)/groups // positions of a group's rows
		for block := 0; block < to; block += 128 {
			seen, asking := 0, 0
			for position := max(from, block); position < to; position++ {
				seen += min(128, position+1-block)
				asking++
			}
			depth := up(size, 16)
			const scaling = 3
			padding += int64(asking*up(min(128, to-block), 32)*(2*depth+scaling) - seen*(2*size+scaling))
			depth = up(min(128, positions-block), 32)
			padding += int64(asking*(up(size, 32)*(2*depth+3)-3*size) - 2*seen*size)
			padding += int64(2 * (asking*depth - seen)) // zeros that are made integers
		}
	}
	return padding
}

// TestHeads: heads that go through the blocks together have the bits and Counts of each alone, also
// where they are more than go at once.
func TestHeads(t *testing.T) {
	each(t, func(t *rapid.T, b *kernel.Backend) {
		heads, d := rapid.IntRange(1, 70).Draw(t, "heads"), rapid.IntRange(1, 5).Draw(t, "head size")
		past, width := rapid.IntRange(0, 70).Draw(t, "past"), heads*d
		int8s := rapid.Bool().Draw(t, "int8")
		run := func(cuts ...int) (out []float32, count, softmax kernel.Count) {
			a := kernel.Attention{Blocks: kernel.Blocks{Heads: heads, Size: d, Int8: int8s}, Scale: 0.37, LDQ: 3 * width, LDKV: 3 * width}
			a.Keys, a.Values = a.Append(nil, nil, kernel.NewBlocks(a.Count(past+1)*a.Length()))
			scratch := make([]float32, b.ScratchSize(a.Blocks, past+1))
			for ; a.Past <= past; a.Past++ {
				qkv := numbers(3 * width * (a.Past + 1))[3*width*a.Past:]
				a.Rows, a.Queries, a.Q, a.KV, a.Out = 1, 1, qkv, qkv[width:], make([]float32, width)
				for i, to := range cuts[1:] {
					c, s := b.Heads(&a, &a, cuts[i], to, scratch)
					count.Add(c)
					softmax.Add(s)
				}
			}
			return a.Out, count, softmax
		}
		var alone []int
		for h := range heads + 1 {
			alone = append(alone, h)
		}
		want, wantCount, wantSoftmax := run(alone...)
		got, count, softmax := run(0, rapid.IntRange(0, heads).Draw(t, "cut"), heads)
		if !slices.Equal(got, want) || count != wantCount || softmax != wantSoftmax {
			t.Fatalf("%s: %v, %+v, %+v together, %v, %+v, %+v alone", b.Name, got, count, softmax, want, wantCount, wantSoftmax)
		}
	})
}

func fill(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}

// headPadding is what Head does beyond what so many rows ask for, of which the first is at that
// position: a group's rows meet whole blocks, as far as they are full, up to that of the last row's
// position, and whole registers of an open one and of values.
func headPadding(b *kernel.Backend, first, rows, size int) (padding int64) {
	full := (first + rows) / 32 * 32
	groups := (rows + b.Rows - 1) / b.Rows
	for n := range groups {
		from, to := first+rows*n/groups, first+rows*(n+1)/groups
		executed := to + machines[b.Name].beyond(to)
		if to <= full {
			executed = (to + 31) / 32 * 32
		}
		for position := from; position < to; position++ {
			padding += int64(2 * size * (executed - (position + 1)))
			padding += int64(2 * (position + 1) * machines[b.Name].beyond(size))
		}
	}
	return padding
}

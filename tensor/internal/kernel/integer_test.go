package kernel_test

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/oracle"
)

// depths are the inputs around the edges of what is multiplied at once (16) and of groups.
var depths = []int{1, 3, 4, 15, 16, 17, 63, 64, 65, 100, 127, 128, 129, 192, 257, 1600}

// unpack reads panels as their layout is documented.
func unpack(w kernel.Panels) oracle.Integers {
	padded := (w.K + 15) / 16 * 16
	in := oracle.Integers{Numbers: make([][]int, w.N), Group: w.K, Bytes: int64(w.K)}
	float := func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
	if w.Format == kernel.Int4 {
		in.Group, in.PerGroup, in.Bytes = 64, true, int64(w.K+1)/2
		float = func(b []byte) float32 { return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16) }
	}
	var scales [][]float32
	for n := range w.N {
		panel, j := w.Panel(n/32), n%32
		numbers, of := make([]int, w.K), []float32(nil)
		for k := range numbers {
			if w.Format == kernel.Int8 {
				numbers[k] = int(panel[k/4*128+j*4+k%4]) - 128
				continue
			}
			group := panel[k/64*(64/8*128+64):]
			numbers[k] = int(group[k%64/8*128+j*4+k%4]>>(k/4%2*4)&15) - 8
		}
		if w.Format == kernel.Int8 {
			of = append(of, float(panel[padded*32+4*j:]))
		} else {
			for first := 0; first < w.K; first += 64 {
				nibbles := min(64, padded-first) / 8 * 128
				of = append(of, float(panel[first/64*(64/8*128+64)+nibbles+j%16*4+j/16*2:]))
			}
		}
		in.Numbers[n], scales = numbers, append(scales, of)
	}
	bytes := int64(4)
	if in.PerGroup {
		bytes = 2
	}
	in.Scales = oracle.Held(bytes, w.N, len(scales[0]), func(i, j int) float32 { return scales[i][j] })
	return in.Unread()
}

func integerFormat() *rapid.Generator[kernel.Format] {
	return rapid.SampledFrom([]kernel.Format{kernel.Int8, kernel.Int4})
}

// TestDot: bits and Count are the oracle's, whatever is in the activations.
func TestDot(t *testing.T) {
	each(t, func(t *rapid.T, b *kernel.Backend) {
		rows, n := size(35).Draw(t, "rows"), size(70).Draw(t, "outputs")
		k := rapid.SampledFrom(depths).Draw(t, "inputs")
		in, w, before := matrix(t, "in", rows, k), matrix(t, "w", n, k), matrix(t, "out", rows, n)
		f := integerFormat().Draw(t, "format")
		e := epilogue(t, rapid.SliceOfN(entry(), n, n).Draw(t, "bias"))
		packed := pack(f, w, n, k)
		numbers := unpack(packed)

		m, fused := oracle.Machine{Fused: machines[b.Name].fused}, oracle.Machine{}
		want := operand(before, n)
		var bias []oracle.Number
		if e.Bias != nil {
			bias = operand(e.Bias, n)[0]
		}
		m.LinearIntegers(&fused, want, operand(in, k), numbers, bias, e)
		m.Tally.Padding = beyondIntegers(f, rows, n, k, e.Bias != nil)

		stride := b.RowBytes(f, k)
		quantized := make([]byte, rows*stride)
		half := rapid.IntRange(0, rows).Draw(t, "half of the rows")
		scratch := make([]float32, max(k, b.DotScratch(f, k)))
		count := b.Quantize(quantized, in, rows, k, f, 0, half, scratch)
		count.Add(b.Quantize(quantized, in, rows, k, f, half, rows, scratch))
		out, check := guarded(rows * n)
		copy(out, before)
		panels := kernel.PanelCount(n)
		cut := rapid.IntRange(0, panels).Draw(t, "cut")
		done, more := b.Dot(out, n, quantized, rows, packed, &e, 0, cut, scratch)
		rest, moreRest := b.Dot(out, n, quantized, rows, packed, &e, cut, panels, scratch)
		count.Add(done)
		count.Add(rest)
		more.Add(moreRest)
		check(t)
		equal(t, b, out, want, count, m.Tally)
		if more != fused.Tally {
			t.Fatalf("%s: the epilogue counted %+v, the oracle did %+v", b.Name, more, fused.Tally)
		}
	})
}

// beyondIntegers is what is done for outputs beyond n, of 32 in a panel, and for inputs beyond k,
// of 16: products, and for outputs the scaling of each group's sum, and the bias.
func beyondIntegers(f kernel.Format, rows, n, k int, bias bool) int64 {
	outputs, inputs := (n+31)/32*32, (k+15)/16*16
	scaling := 3
	if f == kernel.Int4 {
		scaling = 3 * ((k + 63) / 64)
	}
	if bias {
		scaling++
	}
	return int64(rows * (2*(outputs*inputs-n*k) + (outputs-n)*scaling))
}

// TestEmbedIntegers: an embedding is the number that is held.
func TestEmbedIntegers(t *testing.T) {
	each(t, func(t *rapid.T, b *kernel.Backend) {
		rows, n := size(9).Draw(t, "rows"), size(70).Draw(t, "tokens")
		width := rapid.SampledFrom(depths).Draw(t, "width")
		w, positions := matrix(t, "w", n, width), matrix(t, "positions", 5, width)
		ids := rapid.SliceOfN(rapid.IntRange(0, n-1), rows, rows).Draw(t, "ids")
		at := rapid.SliceOfN(rapid.IntRange(0, 4), rows, rows).Draw(t, "at")
		packed := pack(integerFormat().Draw(t, "format"), w, n, width)
		all := unpack(packed)
		tokens := all
		tokens.Numbers, tokens.Scales = nil, nil
		var places []float32
		for i, id := range ids {
			tokens.Numbers = append(tokens.Numbers, all.Numbers[id])
			bytes := int64(4)
			if all.PerGroup {
				bytes = 2
			}
			tokens.Scales = append(tokens.Scales, oracle.Held(bytes, 1, len(all.Scales[id]), func(_, j int) float32 { return all.Scales[id][j].Float() })...)
			places = append(places, positions[at[i]*width:(at[i]+1)*width]...)
		}
		var m oracle.Machine
		want := m.EmbedIntegers(tokens.Unread(), operand(places, width))
		out, check := guarded(rows * width)
		count := b.Embed(out, packed, ids, positions, at, 0, rows)
		check(t)
		equal(t, b, out, want, count, m.Tally)
	})
}

// integerProduct is in·wᵀ by a backend.
func integerProduct(b *kernel.Backend, f kernel.Format, in, w []float32, rows, n, k int) []float32 {
	packed, quantized := pack(f, w, n, k), make([]byte, rows*b.RowBytes(f, k))
	b.Quantize(quantized, in, rows, k, f, 0, rows, make([]float32, k))
	out := make([]float32, rows*n)
	b.Dot(out, n, quantized, rows, packed, &kernel.Epilogue{}, 0, kernel.PanelCount(n), make([]float32, b.DotScratch(f, k)))
	return out
}

// TestDotRow: one row, which goes through many panels at a time, has the bits that it has beside another.
func TestDotRow(t *testing.T) {
	const n, k = 20*kernel.PanelColumns - 5, 200
	r := rand.New(rand.NewPCG(1, 2))
	in, w := make([]float32, 2*k), make([]float32, n*k)
	for _, x := range [][]float32{in, w} {
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
	}
	for _, b := range kernel.Backends() {
		for _, f := range []kernel.Format{kernel.Int8, kernel.Int4} {
			want := integerProduct(b, f, in, w, 2, n, k)
			for i, got := range integerProduct(b, f, in, w, 1, n, k) {
				if math.Float32bits(got) != math.Float32bits(want[i]) {
					t.Fatalf("%s, %v: output %d is %v, want %v", b.Name, f, i, got, want[i])
				}
			}
		}
	}
}

// TestDotExtremes: sums of the largest products, of either sign, are exact: nothing saturates or overflows, however many
// inputs there are.
func TestDotExtremes(t *testing.T) {
	for _, b := range kernel.Backends() {
		for _, f := range []kernel.Format{kernel.Int8, kernel.Int4} {
			for rows := 1; rows <= 9; rows++ {
				dotExtremes(t, b, f, rows, 1024)
			}
			dotExtremes(t, b, f, 2, 1<<16+64)
		}
	}
}

func dotExtremes(t *testing.T, b *kernel.Backend, f kernel.Format, rows, k int) {
	t.Helper()
	const n = 2
	in, w := make([]float32, rows*k), make([]float32, n*k)
	for i := range in {
		in[i] = 127 - 254*float32(i/k%2)
	}
	extremes := []float32{-127, 127}
	if f == kernel.Int4 {
		extremes = []float32{-8, 7}
	}
	for i := range w {
		w[i] = extremes[i/k]
		if f == kernel.Int4 && i%64 == 0 {
			w[i] = -8 // what the scale is made from
		}
	}
	hadamard(in) // so that rotated they are these
	hadamard(w)
	for i := range w {
		w[i] *= 64
	}
	for i, got := range integerProduct(b, f, in, w, rows, n, k) {
		want := 0.0
		for p := range k {
			want += float64(in[i/n*k+p]) * float64(w[i%n*k+p])
		}
		if off := math.Abs(float64(got)/want - 1); !(off < 1e-9*float64(k)) { // sums of groups are float32s
			t.Fatalf("%s, %v, %d rows of %d: (%d, %d) is %v, want %v", b.Name, f, rows, k, i/n, i%n, got, want)
		}
	}
}

// TestDotNoNumber: a row with an infinity or no number anywhere has no numbers for its products,
// and so has an output with one among its weights.
func TestDotNoNumber(t *testing.T) {
	for _, b := range kernel.Backends() {
		for _, f := range []kernel.Format{kernel.Int8, kernel.Int4} {
			for _, k := range depths {
				for _, poison := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
					in, w := make([]float32, 3*k), make([]float32, 3*k)
					for i := range in {
						in[i], w[i] = float32(i%7)-3, float32(i%5)-2
					}
					in[k+k*2/3], w[2*k+k/3] = poison, poison
					for i, got := range integerProduct(b, f, in, w, 3, 3, k) {
						if bad := i/3 == 1 || i%3 == 2; bad != (got != got) {
							t.Fatalf("%s, %v, %d inputs, with %v: (%d, %d) is %v", b.Name, f, k, poison, i/3, i%3, got)
						}
					}
				}
			}
		}
	}
}

// TestDotTiny: rows of zeros give zeros; rows and weights of denormal numbers too, and those of the
// smallest that count, and of the largest, keep their precision.
func TestDotTiny(t *testing.T) {
	const k = 100
	for _, b := range kernel.Backends() {
		for _, f := range []kernel.Format{kernel.Int8, kernel.Int4} {
			for _, magnitude := range []float32{0, 1e-44, 1e-40, 0x1p-110, 1e-20, 1e30} {
				in, w := make([]float32, k), make([]float32, k)
				for i := range in {
					in[i], w[i] = magnitude*float32(i%9-4), float32(i%8-4)
				}
				for range 2 { // and the other way round
					var want, inSquares, wSquares float64
					for p := range k {
						want += float64(in[p]) * float64(w[p])
						inSquares += float64(in[p]) * float64(in[p])
						wSquares += float64(w[p]) * float64(w[p])
					}
					within := 0.01 * math.Sqrt(inSquares*wSquares)
					if magnitude < 0x1p-118 {
						want, within = 0, 0
					}
					got := float64(integerProduct(b, f, in, w, 1, 1, k)[0])
					if off := math.Abs(got - want); !(off <= within) {
						t.Errorf("%s, %v, magnitude %g: %g, want %g", b.Name, f, magnitude, got, want)
					}
					in, w = w, in
				}
			}
		}
	}
}

// TestOutliers: channels of the activations 100 times larger than the others, as GPT-2 has them, cost the
// others little of their precision, for they are spread over a block. With one scale for a row of int8s that is not
// rotated the others would be off by all that they are.
func TestOutliers(t *testing.T) {
	const rows, n, k = 16, 64, 1600
	r := rand.New(rand.NewPCG(1, 2))
	in, w := make([]float32, rows*k), make([]float32, n*k)
	for i := range w {
		w[i] = float32(r.NormFloat64())
	}
	for i := range in {
		in[i] = float32(r.NormFloat64())
		if c := i % k; c == 37 || c == 600 || c == 1599 {
			in[i] *= 100
		}
	}
	within := map[kernel.Format]float64{kernel.Int8: 0.016, kernel.Int4: 0.1}
	for _, b := range kernel.Backends() {
		for f, most := range within {
			got := integerProduct(b, f, in, w, rows, n, k)
			var off, all float64
			for i, g := range got {
				want := 0.0
				for p := range k {
					want += float64(in[i/n*k+p]) * float64(w[i%n*k+p])
				}
				off += (float64(g) - want) * (float64(g) - want)
				all += want * want
			}
			if relative := math.Sqrt(off / all); !(relative < most) {
				t.Errorf("%s, %v: products are off by %.4f of themselves, more than %g", b.Name, f, relative, most)
			}
		}
	}
}

// hadamard multiplies x with Hadamard matrices, by their definition, and divides by their size: of 64 and, for the rest,
// of the largest powers of two that fit.
func hadamard(x []float32) {
	for n := 64; len(x) > 0; x = x[n:] {
		for n > len(x) {
			n /= 2
		}
		out := make([]float32, n)
		for i := range out {
			sum := 0.0
			for j, v := range x[:n] {
				sum += float64(v) * float64(1-2*(bits.OnesCount(uint(i&j))%2))
			}
			out[i] = float32(sum / float64(n))
		}
		copy(x, out)
	}
}

// TestFit: rotated, a number is held to within half a step of its scale, and no output's or group's scale
// is worse by squares than the one that makes the largest number the largest integer.
func TestFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, k := size(40).Draw(t, "outputs"), rapid.SampledFrom(depths).Draw(t, "inputs")
		f := integerFormat().Draw(t, "format")
		w := make([]float32, n*k)
		seed := rapid.Uint64().Draw(t, "seed")
		r := rand.New(rand.NewPCG(seed, 1))
		for i := range w {
			w[i] = float32(r.NormFloat64() * math.Exp(2*r.NormFloat64()))
		}
		packed, row := pack(f, w, n, k), make([]float32, k)
		group, steps := k, 127.0
		if f == kernel.Int4 {
			group, steps = 64, 8
		}
		for j := range n {
			packed.Row(row, j)
			hadamard(row)
			hadamard(w[j*k : (j+1)*k])
			for first := 0; first < k; first += group {
				var got, plain, most, squares float64
				numbers := w[j*k+first : j*k+min(first+group, k)]
				for _, v := range numbers {
					if math.Abs(float64(v)) > math.Abs(most) {
						most = float64(v)
					}
				}
				for i, v := range numbers {
					off := float64(row[first+i] - v)
					squares += float64(v) * float64(v)
					got += off * off
					q := math.RoundToEven(float64(v) / most * steps)
					if f == kernel.Int4 {
						q = min(math.RoundToEven(float64(v)/-most*steps), 7)
						q = -q
					}
					off = q*most/steps - float64(v)
					plain += off * off
				}
				if math.Sqrt(got) > math.Sqrt(plain)+math.Sqrt(squares)/256 { // a bfloat16 is within 2⁻⁸ of the scale that is wanted
					t.Fatalf("%v, output %d, inputs from %d: squares of %g, where the plain scale leaves %g", f, j, first, got, plain)
				}
			}
		}
	})
}

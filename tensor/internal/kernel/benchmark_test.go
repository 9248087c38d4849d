package kernel_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// Benchmarks state what a kernel reaches in share of a peak: of the probe of the same
// instructions, whose chunks run between the kernel's calls, so that both meet the same machine.

// against runs do b.N times, and a chunk of the probe after each. do returns what it did in the
// probe's unit.
func against(b *testing.B, limit, name string, stream int, do func() int64) {
	var chunk func() int64
	unit := ""
	for _, p := range kernel.Probes() {
		// The fastest probe of reading serves every kernel.
		if chunk == nil && p.Limit == limit && (p.Kernel == name || limit == "read") {
			var release func()
			chunk, release = p.Begin(stream)
			defer release()
			unit = p.Unit
		}
	}
	var work, peak int64
	var busy, probed time.Duration
	do()
	for b.Loop() {
		start := time.Now()
		work += do()
		middle := time.Now()
		busy += middle.Sub(start)
		for more := true; more; more = time.Since(middle) < middle.Sub(start) {
			peak += chunk()
		}
		probed += time.Since(middle)
	}
	rate := float64(work) / busy.Seconds()
	b.ReportMetric(rate, unit)
	b.ReportMetric(rate/(float64(peak)/probed.Seconds()), "of-"+limit+"-peak")
	b.ReportMetric(float64(busy.Nanoseconds())/float64(b.N), "ns/op")
}

func numbers(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i%31-15) / 16
	}
	return x
}

// BenchmarkLinear has the shapes of GPT-2 124M: a prompt's rows against the peak of arithmetic,
// one row against that of reading.
func BenchmarkLinear(b *testing.B) {
	for _, backend := range kernel.Backends() {
		for f := range kernel.Formats {
			for _, shape := range []struct{ rows, n, k int }{{512, 3072, 768}, {512, 768, 3072}, {32, 3072, 768}, {1, 50257, 768}} {
				name := fmt.Sprintf("kernel=%s/dtype=%s/rows=%d/outputs=%d/inputs=%d", backend.Name, f, shape.rows, shape.n, shape.k)
				b.Run(name, func(b *testing.B) { benchmarkLinear(b, backend, f, shape.rows, shape.n, shape.k, kernel.Epilogue{}) })
			}
			name := fmt.Sprintf("kernel=%s/dtype=%s/rows=512/outputs=", backend.Name, f)
			b.Run(name+"3072/inputs=768/epilogue=gelu", func(b *testing.B) {
				benchmarkLinear(b, backend, f, 512, 3072, 768, kernel.Epilogue{Bias: numbers(3072), Activate: true, Activation: kernel.GELUTanh})
			})
			b.Run(name+"768/inputs=3072/epilogue=add", func(b *testing.B) {
				benchmarkLinear(b, backend, f, 512, 768, 3072, kernel.Epilogue{Bias: numbers(768), Add: true})
			})
		}
	}
}

func benchmarkLinear(b *testing.B, backend *kernel.Backend, f kernel.Format, rows, n, k int, e kernel.Epilogue) {
	panels := kernel.PanelCount(n)
	w := new(kernel.Arena).NewPanels(f, n, k)
	w.Pack(func(panel []float32, _ int) { copy(panel, numbers(len(panel))) }, 0, panels)
	in, out := numbers(rows*k), make([]float32, rows*n)
	scratch := make([]float32, kernel.LinearScratch(rows, w, &e, panels))
	limit := f.Limit()
	if rows == 1 {
		limit = "read"
	}
	product := func() kernel.Count {
		c, _ := backend.Linear(out, n, in, k, rows, w, &e, 0, panels, scratch)
		return c
	}
	if f.Integer() {
		quantized := kernel.Aligned(rows * backend.RowBytes(f, k))
		scratch = make([]float32, max(k, backend.DotScratch(f, k)))
		product = func() kernel.Count {
			backend.Quantize(quantized, in, rows, k, f, 0, rows, scratch)
			c, _ := backend.Dot(out, n, quantized, rows, w, &e, 0, panels, scratch)
			return c
		}
	}
	against(b, limit, backend.Name, 256<<20, func() int64 {
		c := product()
		if limit == "read" {
			return c.Read
		}
		return c.Products
	})
}

// BenchmarkHead is one head of GPT-2 124M: a prompt of 512, and one row that sees as many.
func BenchmarkHead(b *testing.B) {
	const positions = 512
	for _, backend := range kernel.Backends() {
		for _, rows := range []int{positions, 1} {
			for _, k := range []kernel.Blocks{{Heads: 1, Size: 64}, {Heads: 1, Size: 64, Int8: true}} {
				b.Run(fmt.Sprintf("kernel=%s/int8=%v/rows=%d/positions=%d", backend.Name, k.Int8, rows, positions), func(b *testing.B) {
					a := kernel.Attention{Blocks: k, Past: positions - rows, Rows: rows, Queries: rows, Scale: 0.125,
						Q: numbers(k.Size * rows), LDQ: k.Size, KV: numbers(2 * k.Size * rows), LDKV: 2 * k.Size, Out: make([]float32, k.Size*rows)}
					a.Keys, a.Values = k.Append(nil, nil, kernel.NewBlocks(k.Count(positions)*k.Length()))
					scratch := make([]float32, backend.ScratchSize(k, positions))
					against(b, "f32", strings.Replace(backend.Name, "amx", "avx512", 1), 0, func() int64 {
						c, _ := backend.Heads(&a, nil, 0, 1, scratch)
						return c.Products
					})
				})
			}
		}
	}
}

// BenchmarkRows has the kernels along a row of a width that stays in the first cache.
func BenchmarkRows(b *testing.B) {
	const n = 3072
	for _, backend := range kernel.Backends() {
		for _, k := range rowKernels {
			b.Run(fmt.Sprintf("kernel=%s/%s", backend.Name, k.name), func(b *testing.B) {
				x, y, z := make([]float32, n), numbers(n), numbers(n)
				for b.Loop() {
					copy(x, y)
					k.run(backend, x, y, z, 0.5)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/element")
			})
		}
	}
}

// BenchmarkOperators has the operators along 512 rows of GPT-2 124M, whose peak is that of what they
// count: elementwise operations, of which multiply-adds would do two at a time.
func BenchmarkOperators(b *testing.B) {
	const rows, width = 512, 768
	for _, backend := range kernel.Backends() {
		run := func(name string, do func() kernel.Count) {
			b.Run(fmt.Sprintf("kernel=%s/%s/rows=%d/width=%d", backend.Name, name, rows, width), func(b *testing.B) {
				against(b, "f32", backend.Name, 0, func() int64 { return do().Elementwise })
			})
		}
		in, out, gain := numbers(rows*width), make([]float32, rows*width), numbers(width)
		run("layernorm", func() kernel.Count { return backend.LayerNorm(out, in, width, gain, gain, 1e-5, 0, rows) })
		ids, at := make([]int, rows), make([]int, rows)
		for i := range rows {
			ids[i], at[i] = i*97, i
		}
		for f := range kernel.Formats {
			if f.Integer() {
				quantized := kernel.Aligned(rows * backend.RowBytes(f, width))
				run(fmt.Sprintf("quantize/dtype=%s", f), func() kernel.Count { return backend.Quantize(quantized, in, rows, width, f, 0, rows, out) })
			}
			w := new(kernel.Arena).NewPanels(f, rows*97, width)
			w.Pack(func(panel []float32, _ int) { copy(panel, numbers(len(panel))) }, 0, kernel.PanelCount(w.N))
			run(fmt.Sprintf("embed/dtype=%s", f), func() kernel.Count { return backend.Embed(out, w, ids, in, at, 0, rows) })
		}
	}
}

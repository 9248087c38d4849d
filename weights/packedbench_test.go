package weights_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// BenchmarkPackedDecode decodes with GPT-2 124M mapped and in memory, in turn, and reports the ratio of
// their medians.
func BenchmarkPackedDecode(b *testing.B) {
	for _, d := range tensor.DTypes() {
		b.Run(d.String(), func(b *testing.B) {
			x := newExec(b, 2, "")
			path := packTo(b, x, "synthetic:gpt2", d)
			var models []*model.Model
			for _, name := range []string{"synthetic:gpt2", path} {
				c, err := weights.Open(name)
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				m, err := model.Load(x, c, d, nil)
				if err != nil {
					b.Fatal(err)
				}
				models = append(models, m)
			}
			times := make([][]float64, len(models))
			for b.Loop() {
				for i, m := range models {
					cache := m.NewCache()
					for token := range 24 {
						start := time.Now()
						err := m.Forward(x, []model.Span{{Tokens: []int{token}, Cache: cache, Logits: 1}}, func(int, int, []float32) {})
						if err != nil {
							b.Fatal(err)
						}
						if token >= 8 {
							times[i] = append(times[i], float64(time.Since(start)))
						}
					}
				}
			}
			median := func(list []float64) float64 { slices.Sort(list); return list[len(list)/2] }
			memory, mapped := median(times[0]), median(times[1])
			b.ReportMetric(1e9/memory, "memory-tokens/s")
			b.ReportMetric(1e9/mapped, "mapped-tokens/s")
			b.ReportMetric(100*memory/mapped, "%-of-memory")
		})
	}
}

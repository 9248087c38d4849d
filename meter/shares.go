package meter

import (
	"time"

	"github.com/gptmeter/gptmeter/tensor"
)

// What bounds a piece of work.
const (
	BoundCompute = "compute"
	BoundMemory  = "memory"
)

// Shares set work beside what the machine could have done in the same time. A field is nil where
// nothing is measured to set it beside.
type Shares struct {
	// OfPeak is the time that the counted operations take at their peaks, those of products with
	// weights at the peak of the weights' format and all others at that of float32, over the time
	// that they took. Padding and special operations are not in it.
	OfPeak *float64 `json:"share_of_peak"`
	// OfBandwidth is the time that the bytes read take at the peak of reading over the time that
	// they took. It is nil where what a step reads fits the last-level cache, from which it may
	// come faster, and where the size of that cache is unknown.
	OfBandwidth *float64 `json:"share_of_bandwidth"`
	// Bound is the larger share's: BoundCompute or BoundMemory. The roofline model (Williams,
	// Waterman and Patterson 2009) has the work bound so if nothing else held it up.
	Bound *string `json:"bound"`
}

// Shares sets work that took d on so many threads, with weights of that format, beside the peaks.
// A step of it reads stepBytes. Peaks may be nil.
func (p *Peaks) Shares(work tensor.Work, weights tensor.DType, threads int, stepBytes int64, d time.Duration) (s Shares) {
	if p == nil || d <= 0 {
		return s
	}
	onWeights := work[tensor.Linear].Products + work[tensor.Unembed].Products
	total := work.Total()
	float, okFloat := p.Best(tensor.F32.Limit(), threads)
	weight, okWeight := p.Best(weights.Limit(), threads)
	if okFloat && okWeight {
		seconds := float64(total.Products+total.Elementwise-onWeights)/float.Rate() + float64(onWeights)/weight.Rate()
		s.OfPeak = ratio(seconds, d)
	}
	cache := p.machine.lastLevelCache()
	if read, ok := p.Best("read", threads); ok && cache > 0 && stepBytes > cache {
		s.OfBandwidth = ratio(float64(total.Read)/read.Rate(), d)
	}
	if s.OfPeak != nil && s.OfBandwidth != nil {
		bound := BoundCompute
		if *s.OfBandwidth > *s.OfPeak {
			bound = BoundMemory
		}
		s.Bound = &bound
	}
	return s
}

func ratio(seconds float64, d time.Duration) *float64 {
	r := seconds / d.Seconds()
	return &r
}

package weights

import (
	"hash/fnv"
	"math"
)

// syntheticSeed is fixed: the weights of a synthetic model are the same everywhere and always.
const syntheticSeed = 2019

// randomElements are random numbers that depend on the tensor's name and the element's place
// alone, so that any part can be read, by any goroutine, on any machine, with the same result.
//
// Element i is drawn from the i-th output of SplitMix64 (Steele, Lea and Flood, "Fast splittable
// pseudorandom number generators", 2014), started at the seed mixed with the FNV-1a hash of the
// name: the sum of its four 16-bit quarters, which is close to normal, shifted and scaled.
type randomElements struct {
	start uint64
	mean  float32
	scale float32
}

const (
	quarters    = 4
	goldenGamma = 0x9e3779b97f4a7c15 // SplitMix64's step
	largestSum  = quarters * (1<<16 - 1)
)

func newRandomElements(t randomTensor) randomElements {
	name := fnv.New64a()
	name.Write([]byte(t.Name))
	// A quarter is uniform over 2^16 integers, of variance (2^32-1)/12.
	deviation := math.Sqrt(quarters * (1<<32 - 1) / 12.0)
	return randomElements{
		start: mix(syntheticSeed) ^ name.Sum64(),
		mean:  t.mean,
		scale: float32(float64(t.deviation) / deviation),
	}
}

func (r randomElements) Read(dst []float32, at int) {
	state := r.start + uint64(at)*goldenGamma
	for i := range dst {
		state += goldenGamma
		bits := mix(state)
		sum := bits&0xffff + bits>>16&0xffff + bits>>32&0xffff + bits>>48
		centred := int32(sum) - largestSum/2
		dst[i] = float32(float32(centred)*r.scale) + r.mean
	}
}

func (r randomElements) Release() {}

// mix is the finaliser of SplitMix64.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

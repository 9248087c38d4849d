//go:build !purego

package kernel

import (
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/avx2"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/avx512"
)

// assemblyProbes lists the probes in assembly that this processor can run, the widest first.
func assemblyProbes() (list []Probe) {
	const vectors = 12
	if hasAVX512 {
		list = append(list, f32Probe("avx512", vectors, 16, avx512.ProbeFMA))
	}
	list = append(list, tileProbes()...)
	if hasVNNI {
		list = append(list,
			int8Probe("avx512", vectors*16, 64, chunkOperations, avx512.ProbeDot),
			int8Probe("avx512vl", vectors*8, 32, chunkOperations, avx512.ProbeDot256))
	}
	if hasAVX2 {
		list = append(list,
			f32Probe("avx2", vectors, 8, avx2.ProbeFMA),
			int8Probe("avx2", vectors*8, 32, chunkOperations, avx2.ProbeDot),
			readProbe("avx2", avx2.ProbeRead))
	}
	return list
}

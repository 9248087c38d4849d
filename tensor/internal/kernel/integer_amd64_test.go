//go:build !purego

package kernel

import (
	"reflect"
	"testing"

	"github.com/klauspost/cpuid/v2"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel/avx2"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/avx512"
)

// TestDotsPresent: products of integers run on the instructions that this processor has: the dot
// product of bytes where it has one with AVX-512, else AVX2's. All give the same bits, so that no
// other test would miss it.
func TestDotsPresent(t *testing.T) {
	type dot = func([]float32, int, []byte, int, []byte, int, int, int, []float32, bool, []float32, int, []byte)
	want := map[string][2]dot{"avx2": {avx2.Dot8, avx2.Dot4}, "avx512": {avx2.Dot8, avx2.Dot4}, "amx": {avx512.Dot8, avx512.Dot4}}
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512VL, cpuid.AVX512VNNI) {
		want["avx512"] = [2]dot{avx512.Dot8, avx512.Dot4}
	}
	address := func(f any) uintptr { return reflect.ValueOf(f).Pointer() }
	for _, b := range assemblyBackends() {
		for i, f := range []Format{Int8, Int4} {
			if address(b.Integers[f].dot) != address(want[b.Name][i]) {
				t.Errorf("%s multiplies %v by other instructions than this processor has", b.Name, f)
			}
		}
	}
}

//go:build !purego

package kernel_test

import (
	"testing"

	"github.com/klauspost/cpuid/v2"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/avx2"
	"github.com/gptmeter/gptmeter/tensor/internal/kernel/avx512"
)

// What the processor has, by another library than the one that gates the kernels.
var (
	wantAVX2   = cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3)
	wantAVX512 = cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL)
	wantVNNI   = wantAVX512 && cpuid.CPU.Supports(cpuid.AVX512VNNI)
)

// TestProbesPresent: a probe that this processor can run is there, and no other.
func TestProbesPresent(t *testing.T) {
	want := map[string]bool{
		"f32_avx512": wantAVX512, "f32_avx2": wantAVX2, "f32_pure": true,
		"int8_amx":    wantAMX,
		"int8_avx512": wantVNNI, "int8_avx512vl": wantVNNI, "int8_avx2": wantAVX2, "int8_pure": true,
		"read_avx2": wantAVX2, "read_pure": true,
	}
	for _, p := range kernel.Probes() {
		if !want[p.Name()] {
			t.Errorf("%s is there but cannot run here", p.Name())
		}
		delete(want, p.Name())
	}
	for name, present := range want {
		if present {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestAVX2Probes(t *testing.T) {
	if !wantAVX2 {
		t.Skip("this processor has no AVX2")
	}
	testFMA(t, avx2.ProbeFMA, 12, 8)
	testFused(t, avx2.ProbeFMA, 12, 8)
	testDot(t, avx2.ProbeDot, 12, 32)
	testRead(t, avx2.ProbeRead, 64)
}

func TestAVX512Probes(t *testing.T) {
	if !wantAVX512 {
		t.Skip("this processor has no AVX-512")
	}
	testFMA(t, avx512.ProbeFMA, 12, 16)
	testFused(t, avx512.ProbeFMA, 12, 16)
}

func TestVNNIProbes(t *testing.T) {
	if !wantVNNI {
		t.Skip("this processor has no AVX-512 VNNI")
	}
	testDot(t, avx512.ProbeDot, 12, 64)
	testDot(t, avx512.ProbeDot256, 12, 32)
}

// testFused: the product is not rounded: 1 − 2⁻²⁶ would be 1.
func testFused(t *testing.T, probe fmaProbe, vectors, lanes int) {
	t.Helper()
	sums, x, y := make([]float32, vectors*lanes), make([]float32, lanes), make([]float32, lanes)
	for i := range lanes {
		x[i], y[i] = 1+0x1p-13, 1-0x1p-13
	}
	for i := range sums {
		sums[i] = -1
	}
	probe(sums, x, y, 1)
	for i, s := range sums {
		if s != -0x1p-26 {
			t.Fatalf("sum %d is %g, want %g", i, s, -0x1p-26)
		}
	}
}

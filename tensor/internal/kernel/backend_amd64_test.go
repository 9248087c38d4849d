//go:build !purego

package kernel_test

import (
	"slices"
	"testing"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// TestBackendsPresent: a backend that this processor can run is there, and no other: else the tests
// that go through Backends would pass without it.
func TestBackendsPresent(t *testing.T) {
	var want, got []string
	if wantAMX {
		want = append(want, "amx")
	}
	if wantAVX512 {
		want = append(want, "avx512")
	}
	if wantAVX2 {
		want = append(want, "avx2")
	}
	want = append(want, "pure")
	for _, b := range kernel.Backends() {
		got = append(got, b.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the backends are %v, this processor should have %v", got, want)
	}
}

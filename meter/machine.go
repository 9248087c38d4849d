package meter

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"github.com/gptmeter/gptmeter/tensor"
)

// A Machine is what peaks depend on: those of one are not another's. What it does not tell is ""
// or 0.
type Machine struct {
	CPU         string   `json:"cpu"`
	Features    []string `json:"features"` // of the processor
	Cores       int      `json:"cores"`    // logical ones, that this process may use
	MemoryBytes int64    `json:"memory_bytes"`
	L1Bytes     int64    `json:"l1_data_cache_bytes"` // of one core
	L2Bytes     int64    `json:"l2_cache_bytes"`
	L3Bytes     int64    `json:"l3_cache_bytes"` // of one, where the processor has several
	OS          string   `json:"os"`
	Arch        string   `json:"arch"`
	Probes      []string `json:"probes"` // that it can run in this build
}

// ThisMachine is the one that the program runs on.
func ThisMachine() Machine {
	m := Machine{
		CPU: strings.TrimSpace(cpuid.CPU.BrandName), Features: cpuid.CPU.FeatureSet(), Cores: runtime.NumCPU(),
		MemoryBytes: totalMemory(),
		L1Bytes:     size(cpuid.CPU.Cache.L1D), L2Bytes: size(cpuid.CPU.Cache.L2), L3Bytes: size(cpuid.CPU.Cache.L3),
		OS: runtime.GOOS, Arch: runtime.GOARCH, Probes: []string{},
	}
	for _, p := range tensor.Probes() {
		m.Probes = append(m.Probes, p.Name())
	}
	return m
}

// size is a size that package cpuid gives as -1 or 0 where it has found none.
func size(n int) int64 { return int64(max(n, 0)) }

// totalMemory is the machine's; only Linux tells.
func totalMemory() int64 {
	var kilobytes int64
	text, _ := os.ReadFile("/proc/meminfo")
	fmt.Sscanf(string(text), "MemTotal: %d kB", &kilobytes)
	return kilobytes * 1024
}

// Equal tells whether m and n are the same machine, as far as peaks go.
func (m Machine) Equal(n Machine) bool { return reflect.DeepEqual(m, n) }

// lastLevelCache is the size of the largest cache, 0 where the machine does not tell.
func (m Machine) lastLevelCache() int64 { return max(m.L1Bytes, m.L2Bytes, m.L3Bytes) }

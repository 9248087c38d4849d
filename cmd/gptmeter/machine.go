package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/klauspost/cpuid/v2"
)

// A machineInfo is what this program finds of the machine. A pointer is nil, and null in JSON,
// where the machine does not tell.
type machineInfo struct {
	CPU            *string  `json:"cpu"`
	OS             string   `json:"os"`
	Arch           string   `json:"arch"`
	Features       []string `json:"features"` // of the processor, those that kernels may use
	Kernels        []string `json:"kernels"`  // that this processor can run, the fastest first
	Kernel         string   `json:"kernel"`   // that is used unless another is asked for
	LogicalCores   int      `json:"logical_cores"`
	AllowedCores   int      `json:"allowed_cores"`  // logical ones that this process may run on, by affinity
	PhysicalCores  int      `json:"physical_cores"` // that those belong to
	CPUQuota       *float64 `json:"cpu_quota"`      // processors' time that control groups grant; null where they do not limit it
	Threads        int      `json:"threads"`        // that are used unless others are asked for
	MemoryBytes    *int64   `json:"memory_bytes"`
	AvailableBytes *int64   `json:"available_memory_bytes"`
	L1DataBytes    *int64   `json:"l1_data_cache_bytes"`
	L2Bytes        *int64   `json:"l2_cache_bytes"`
	L3Bytes        *int64   `json:"l3_cache_bytes"`
	Energy         counter  `json:"energy_counter"`
}

// A counter says whether energy can be measured, and why not.
type counter struct {
	Source string `json:"source"`           // measured or unmeasured
	Reason string `json:"reason,omitempty"` // for unmeasured
}

// features are those that kernels for GPT-2 are written with.
var features = []cpuid.FeatureID{
	cpuid.AVX, cpuid.AVX2, cpuid.FMA3, cpuid.F16C, cpuid.AVXVNNI, cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL,
	cpuid.AVX512VNNI, cpuid.AVX512BF16, cpuid.AVX512FP16, cpuid.AMXTILE, cpuid.AMXINT8, cpuid.AMXBF16,
	cpuid.ASIMD, cpuid.ASIMDDP, cpuid.ASIMDHP, cpuid.SVE,
}

func (p *program) readMachine() machineInfo {
	root, kernels, allowed := os.DirFS("/"), tensor.Kernels(), allowedCPUs()
	m := machineInfo{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Features: []string{}, Kernels: kernels, Kernel: kernels[0],
		LogicalCores: max(onlineCPUs(root), len(allowed)), AllowedCores: len(allowed), PhysicalCores: physicalCores(root, allowed), Threads: defaultThreads(),
		L1DataBytes: detected(cpuid.CPU.Cache.L1D), L2Bytes: detected(cpuid.CPU.Cache.L2), L3Bytes: detected(cpuid.CPU.Cache.L3),
	}
	if name := strings.TrimSpace(cpuid.CPU.BrandName); name != "" {
		m.CPU = &name
	}
	for _, f := range features {
		if cpuid.CPU.Has(f) {
			m.Features = append(m.Features, f.String())
		}
	}
	if quota, limited := cpuQuota(root); limited {
		m.CPUQuota = &quota
	}
	m.Energy = p.energyCounter()
	if kilobytes, ok := readKey(root, "proc/meminfo", "MemTotal:"); ok {
		bytes := kilobytes * 1024
		m.MemoryBytes = &bytes
	}
	if available, ok := memoryAvailable(root); ok {
		m.AvailableBytes = &available
	}
	return m
}

// energyCounter tries the counters that requests are measured by.
func (p *program) energyCounter() counter {
	m, err := p.energyMeter()
	switch {
	case err != nil:
		return counter{"unmeasured", err.Error()}
	case m == nil:
		return counter{"unmeasured", meter.ErrNoRAPL.Error()}
	}
	return counter{Source: "measured"}
}

// detected is a size that package cpuid gives as -1 or 0 where it has found none.
func detected(n int) *int64 {
	if n <= 0 {
		return nil
	}
	bytes := int64(n)
	return &bytes
}

func (p *program) machineInfo(f *infoFlags) error {
	m := p.readMachine()
	if f.json {
		return p.stdout.document(map[string]machineInfo{"machine": m})
	}
	cpu := "unknown"
	if m.CPU != nil {
		cpu = *m.CPU
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(table, name+"\t"+format+"\n", args...) }
	row("processor", "%s, %s/%s", cpu, m.OS, m.Arch)
	row("features", "%s", strings.Join(m.Features, " "))
	row("kernels", "%s, of which %s is used", strings.Join(m.Kernels, ", "), m.Kernel)
	quota := "no control group limits them"
	if m.CPUQuota != nil {
		quota = fmt.Sprintf("control groups grant the time of %.3g", *m.CPUQuota)
	}
	row("cores", "%d logical, %d of them allowed here, which are %d physical ones; %s", m.LogicalCores, m.AllowedCores, m.PhysicalCores, quota)
	row("threads", "%d", m.Threads)
	row("memory", "%s, of which %s are available", sizeText(m.MemoryBytes), sizeText(m.AvailableBytes))
	row("caches", "L1 data %s, L2 %s, L3 %s", sizeText(m.L1DataBytes), sizeText(m.L2Bytes), sizeText(m.L3Bytes))
	if m.Energy.Reason == "" {
		row("energy", "measured, by RAPL")
	} else {
		row("energy", "unmeasured: %s", oneLine(m.Energy.Reason))
	}
	return table.Flush()
}

func sizeText(bytes *int64) string {
	if bytes == nil {
		return "unknown"
	}
	return bytesText(*bytes)
}

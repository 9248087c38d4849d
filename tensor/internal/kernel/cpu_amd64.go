//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// What the processor has and the system has switched on.
var (
	hasAVX2   = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	hasAVX512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL
	hasVNNI   = hasAVX512 && cpu.X86.HasAVX512VNNI
	hasAMX    = hasVNNI && cpu.X86.HasAMXTile && cpu.X86.HasAMXInt8
)

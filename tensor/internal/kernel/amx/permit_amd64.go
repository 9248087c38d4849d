//go:build linux && !purego

package amx

import "syscall"

// Permitted asks the system for the use of tiles by this process, for as long as it runs, and tells
// whether it has it (Linux, Documentation/arch/x86/xstate.rst).
func Permitted() bool {
	const request, tileData = 0x1023, 18 // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
	_, _, failure := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, request, tileData, 0)
	return failure == 0
}

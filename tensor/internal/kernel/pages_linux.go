package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePages asks for huge pages under what of memory is not in use yet: walks of the page table cost
// weights in small ones a part of the bandwidth. Go's heap has them nowhere by itself.
func hugePages(memory []byte) {
	const huge = 2 << 20
	before := int(-uintptr(unsafe.Pointer(unsafe.SliceData(memory))) % huge)
	if whole := (len(memory) - before) / huge * huge; whole > 0 {
		_ = unix.Madvise(memory[before:before+whole], unix.MADV_HUGEPAGE) // a kernel without them has small pages only
	}
}

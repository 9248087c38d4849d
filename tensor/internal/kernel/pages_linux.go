package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePages asks for huge pages under what of x is not in use yet: walks of the page table cost
// weights in small ones a part of the bandwidth. Go's heap has them nowhere by itself.
func hugePages(x []float32) {
	const huge = 2 << 20
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), float32Bytes*len(x))
	before := int(-uintptr(unsafe.Pointer(unsafe.SliceData(x))) % huge)
	if whole := (len(bytes) - before) / huge * huge; whole > 0 {
		_ = unix.Madvise(bytes[before:before+whole], unix.MADV_HUGEPAGE) // a kernel without them has small pages only
	}
}

package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePages asks for huge pages under memory, as far as it is not in use yet: walks of the page
// table cost weights in small ones a part of the bandwidth, and at a small page's end the processor
// stops fetching ahead. Go's heap has them nowhere by itself. The pages in which memory begins and
// ends are asked for whole: its neighbours are the weights before and after it.
func hugePages(memory []byte) {
	const huge = 2 << 20
	if len(memory) < huge/8 {
		return
	}
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
	end := (begin + uintptr(len(memory)) + huge - 1) / huge * huge
	begin = begin / huge * huge
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, end-begin, unix.MADV_HUGEPAGE) // a kernel without them has small pages only
}

package kernel

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// huge is the size of a huge page, or a multiple of it.
const huge = 2 << 20

// hugePages asks for huge pages under memory, as far as it is not in use yet: walks of the page
// table cost what lies in small ones a part of the bandwidth, and at a small page's end the processor
// stops fetching ahead. Go's heap has them nowhere by itself. The pages in which memory begins and
// ends are asked for whole.
func hugePages(memory []byte) {
	if len(memory) < huge/8 {
		return
	}
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
	end := (begin + uintptr(len(memory)) + huge - 1) / huge * huge
	begin = begin / huge * huge
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, end-begin, unix.MADV_HUGEPAGE) // a kernel without them has small pages only
}

// newPages returns at least so many zeros outside Go's heap, which has parts in small pages already, and
// who owns them: they are there as long as it is. What of them is not touched takes no memory.
func newPages(bytes int) (memory []byte, owner any) {
	const least = 16 * huge
	all, err := unix.Mmap(-1, 0, roundUp(max(bytes, least), huge)+huge, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return Aligned(bytes), nil
	}
	memory = all[-uintptr(unsafe.Pointer(unsafe.SliceData(all)))%huge:]
	memory = memory[:len(memory)/huge*huge]
	hugePages(memory)
	pages := &memory
	runtime.AddCleanup(pages, func(all []byte) { _ = unix.Munmap(all) }, all)
	return memory, pages
}

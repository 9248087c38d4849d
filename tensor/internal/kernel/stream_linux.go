package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// newStream returns memory outside Go's heap, which a stream would make grow to twice its size.
// It asks for huge pages: in small ones the walks of the page table cost a quarter of the
// bandwidth (Zen 4, virtual machine).
func newStream(bytes int) (words []uint64, release func()) {
	pages, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return make([]uint64, bytes/8), func() {}
	}
	_ = unix.Madvise(pages, unix.MADV_HUGEPAGE) // a kernel without them has small pages only
	return unsafe.Slice((*uint64)(unsafe.Pointer(&pages[0])), bytes/8), func() { _ = unix.Munmap(pages) }
}

package weights

import "golang.org/x/sys/unix"

// hugePages has a mapped file read from the disk in huge pages, where its file system has them. What
// is in the page cache already stays as it is there.
func hugePages(pages []byte) { _ = unix.Madvise(pages, unix.MADV_HUGEPAGE) }

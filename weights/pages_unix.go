//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package weights

import "golang.org/x/sys/unix"

// releasePages takes pages of a mapped file out of this process; they stay in the page cache.
func releasePages(pages []byte) { _ = unix.Madvise(pages, unix.MADV_DONTNEED) }

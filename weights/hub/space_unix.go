//go:build unix

package hub

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// errReadOnly is the system's error for writing to what is mounted to be read.
const errReadOnly = syscall.EROFS

// freeBytes is how much this user may still write to the file system that a folder is on.
func freeBytes(folder string) (bytes int64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, false
	}
	return int64(uint64(s.Bavail) * uint64(s.Bsize)), true
}

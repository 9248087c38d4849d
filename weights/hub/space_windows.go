package hub

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// errReadOnly is the system's error for writing to what is write-protected.
const errReadOnly = syscall.Errno(windows.ERROR_WRITE_PROTECT)

// freeBytes is how much this user may still write to the volume that a folder is on.
func freeBytes(folder string) (bytes int64, known bool) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, false
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, false
	}
	return int64(free), true
}

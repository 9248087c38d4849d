package tensor

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// processors is how many this process may run on.
func processors() int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil { // more of them than the set has room for
		return runtime.NumCPU()
	}
	return set.Count()
}

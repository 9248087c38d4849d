//go:build !linux

package tensor

import "runtime"

// processors is how many this process may run on.
func processors() int { return runtime.NumCPU() }

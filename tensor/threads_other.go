//go:build !linux

package tensor

// processors are those that this process may run on, as far as the system tells.
func processors() []int { return nil }

// pin keeps the calling thread on one processor, where there is a way.
func pin(int) {}

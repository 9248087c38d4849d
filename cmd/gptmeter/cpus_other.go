//go:build !linux

package main

// allowedCPUs are the logical processors that this process may run on.
func allowedCPUs() []int { return allCPUs() }

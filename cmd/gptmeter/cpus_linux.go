package main

import "golang.org/x/sys/unix"

// allowedCPUs are the logical processors that this process may run on.
func allowedCPUs() (cpus []int) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil { // more processors than the set has room for
		return allCPUs()
	}
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

package tensor

import "golang.org/x/sys/unix"

// processors are those that this process may run on, as far as the system tells.
func processors() (list []int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil { // more of them than the set has room for
		return nil
	}
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			list = append(list, cpu)
		}
	}
	return list
}

// pin keeps the calling thread on one processor. It is an aid to speed: where the system refuses
// it, the thread runs where it may.
func pin(processor int) {
	var set unix.CPUSet
	set.Set(processor)
	_ = unix.SchedSetaffinity(0, &set)
}

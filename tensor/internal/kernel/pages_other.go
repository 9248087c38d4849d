//go:build !linux

package kernel

func hugePages([]byte) {}

// newPages returns at least so many zeros, and who owns them.
func newPages(bytes int) (memory []byte, owner any) { return Aligned(bytes), nil }

//go:build !linux

package weights

func hugePages([]byte) {}

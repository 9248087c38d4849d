//go:build !linux && !purego

package kernel

// tiled is the backend with AMX's tiles, which this system is not asked for.
func tiled(Backend) []*Backend { return nil }

func tileProbes() []Probe { return nil }

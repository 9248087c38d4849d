//go:build !amd64 || purego

package kernel

func assemblyProbes() []Probe { return nil }

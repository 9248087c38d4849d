//go:build !amd64 || purego

package kernel

func assemblyBackends() []*Backend { return nil }

//go:build !linux && !purego

package kernel_test

const wantAMX = false

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/gptmeter/gptmeter/meter"
)

// addShares is what two legs together reach: a share is a time at the limit over the time taken.
func addShares(a, b meter.Leg) meter.Shares {
	mean := func(x, y *float64) *float64 {
		switch {
		case a.Tokens == 0:
			return y
		case b.Tokens == 0:
			return x
		case x == nil || y == nil:
			return nil
		}
		m := (*x*a.MachineSeconds + *y*b.MachineSeconds) / (a.MachineSeconds + b.MachineSeconds)
		return &m
	}
	return meter.Shares{OfPeak: mean(a.OfPeak, b.OfPeak), OfBandwidth: mean(a.OfBandwidth, b.OfBandwidth)}
}

// printShares says what a leg reached of the machine's limits, and which of them bounds it.
func printShares(w io.Writer, name string, s meter.Shares) {
	var shares []string
	if s.OfPeak != nil {
		shares = append(shares, percentText(*s.OfPeak)+" of the measured peak")
	}
	if s.OfBandwidth != nil {
		shares = append(shares, percentText(*s.OfBandwidth)+" of the read bandwidth")
	}
	if len(shares) == 0 {
		return
	}
	fmt.Fprintf(w, "%s %s", name, strings.Join(shares, ", "))
	if len(shares) == 2 {
		bound := meter.BoundCompute
		if *s.OfBandwidth > *s.OfPeak {
			bound = meter.BoundMemory
		}
		fmt.Fprintf(w, ": bound by %s", bound)
	}
	fmt.Fprintln(w)
}

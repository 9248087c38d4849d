package main

import (
	"errors"
	"io/fs"

	"github.com/gptmeter/gptmeter/meter"
)

// knownPeaks are this machine's as they were last measured, nil where they never were.
func knownPeaks() *meter.Peaks {
	path, err := meter.PeakFile()
	if err != nil {
		return nil
	}
	peaks, err := meter.ReadPeaks(path)
	if err != nil {
		return nil
	}
	return peaks
}

// keepPeaks keeps what was measured for other commands, in the place of all that was measured
// before if fresh. It is a convenience, so that a failure is only noted.
func (p *program) keepPeaks(measured *meter.Peaks, fresh bool) {
	path, err := meter.PeakFile()
	if err != nil {
		p.notice("the peaks are not kept: %v", err)
		return
	}
	peaks, err := meter.ReadPeaks(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, meter.ErrOtherMachine) {
		p.notice("the peaks that were kept are of no use: %v", err)
	}
	if err != nil || fresh {
		peaks = meter.NewPeaks()
	}
	peaks.Update(measured)
	if err := peaks.Write(path); err != nil {
		p.notice("the peaks are not kept: %v", err)
	}
}

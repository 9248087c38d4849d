package main

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/gptmeter/gptmeter/benchmarks"
)

// benchProgress returns what to call with how far a benchmark is, and what to call at its end. It
// shows what is being measured and the time that is left.
func (p *program) benchProgress() (report benchmarks.Progress, finish func()) {
	if p.plainly() {
		return nil, func() {}
	}
	const parts = 1000
	bar := progressbar.NewOptions(parts, progressbar.OptionSetWriter(p.stderr), progressbar.OptionSetWidth(20),
		progressbar.OptionSetPredictTime(true), progressbar.OptionShowElapsedTimeOnFinish(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish())
	shown := ""
	report = func(what string, done, whole float64) {
		if what != shown {
			bar.Describe(what)
			shown = what
		}
		if whole > 0 {
			bar.Set(int(parts * done / whole))
		}
	}
	return report, sync.OnceFunc(func() { bar.Finish() })
}

package meter_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
)

// A disk is a TraceFile with so much room.
type disk struct {
	bytes.Buffer
	room int
}

func (d *disk) Write(b []byte) (int, error) {
	n := min(len(b), d.room)
	d.room -= n
	d.Buffer.Write(b[:n])
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (d *disk) Truncate(size int64) error {
	d.room += d.Len() - int(size)
	d.Buffer.Truncate(int(size))
	return nil
}

// play writes steps of two operators each, and then a request of as many.
func play(t *meter.Trace, steps int) {
	a := meter.NewAccount(500*time.Nanosecond, 1)
	for i := range time.Duration(steps) {
		at := i * time.Millisecond
		t.Operator(tensor.Call{Operator: tensor.Embed, Begin: at + 2*time.Microsecond, Wall: 1500})
		t.Operator(tensor.Call{Operator: tensor.Linear, Section: 1, Begin: at + 10*time.Microsecond, Wall: 100 * time.Microsecond})
		t.Operator(tensor.Call{Operator: tensor.Attention, Section: 1, Begin: at + 120*time.Microsecond, Wall: 80 * time.Microsecond})
		t.Step(at+time.Microsecond, at+900*time.Microsecond, 1, 3, 0)
		var work tensor.Work
		work[tensor.Linear] = tensor.OperatorWork{Calls: 1, Count: tensor.Count{Products: 100, Elementwise: 1}, Wall: time.Millisecond}
		a.Add(meter.Prefill, 3, []tensor.Work{work}, 0, meter.Step{Begin: at + time.Microsecond, End: at + 900*time.Microsecond})
	}
	end := time.Duration(steps)*time.Millisecond - 100*time.Microsecond
	a.Token(0, end)
	a.Finish(end)
	t.Request(4, a)
}

func newTrace(t *testing.T, file meter.TraceFile) *meter.Trace {
	t.Helper()
	trace, err := meter.NewTrace(file)
	if err != nil {
		t.Fatal(err)
	}
	trace.Sections([]string{"embedding", "h.0"})
	return trace
}

// The whole file of one step.
func TestTrace(t *testing.T) {
	file := &disk{room: 1 << 20}
	trace := newTrace(t, file)
	play(trace, 1)
	if err := trace.Close(); err != nil {
		t.Fatal(err)
	}
	const want = `[
{"name":"process_name","ph":"M","pid":1,"tid":0,"ts":0.000,"args":{"name":"machine"}},
{"name":"thread_name","ph":"M","pid":1,"tid":1,"ts":0.000,"args":{"name":"steps"}},
{"name":"process_name","ph":"M","pid":2,"tid":0,"ts":0.000,"args":{"name":"requests"}},
{"name":"step","ph":"X","pid":1,"tid":1,"ts":1.000,"dur":899.000,"args":{"decode_tokens":0,"prefill_tokens":3,"requests":1}},
{"name":"embedding","ph":"X","pid":1,"tid":1,"ts":2.000,"dur":1.500},
{"name":"embed","ph":"X","pid":1,"tid":1,"ts":2.000,"dur":1.500,"args":{"section":"embedding"}},
{"name":"h.0","ph":"X","pid":1,"tid":1,"ts":10.000,"dur":190.000},
{"name":"linear","ph":"X","pid":1,"tid":1,"ts":10.000,"dur":100.000,"args":{"section":"h.0"}},
{"name":"attention","ph":"X","pid":1,"tid":1,"ts":120.000,"dur":80.000,"args":{"section":"h.0"}},
{"name":"thread_name","ph":"M","pid":2,"tid":4,"ts":0.000,"args":{"name":"request 4"}},
{"name":"queued","ph":"X","pid":2,"tid":4,"ts":0.500,"dur":0.500},
{"name":"prefill","ph":"X","pid":2,"tid":4,"ts":1.000,"dur":899.000,"args":{"flops":101,"machine_seconds":0.001,"tokens":3}},
{"name":"token","ph":"i","pid":2,"tid":4,"ts":900.000,"s":"t","args":{"choice":0}}
]
`
	if d := cmp.Diff(want, file.String()); d != "" {
		t.Error(d)
	}
}

// A file that the program was killed over ends with a whole event, and its last bracket may be
// missing.
func TestTraceKilled(t *testing.T) {
	file := &disk{room: 1 << 20}
	trace := newTrace(t, file)
	play(trace, 1000)
	if n := file.Len(); n < 100_000 {
		t.Errorf("after 1000 steps %d bytes have been written", n)
	}
	if n := events(t, file.String()+"]"); n < 3 {
		t.Errorf("%d events are there", n)
	}
}

// A full disk ends the trace with an error and a file that is whole, if there was room for anything.
func TestTraceFull(t *testing.T) {
	if _, err := meter.NewTrace(&disk{room: 10}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("no room at all: %v", err)
	}
	for _, room := range []int{1000, 70_000, 140_000, 140_001} {
		file := &disk{room: room}
		trace := newTrace(t, file)
		play(trace, 1000)
		if err := trace.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
		if n := events(t, file.String()); n < 3 {
			t.Errorf("room for %d bytes: %d events are there", room, n)
		}
	}
}

// events counts the events of a trace, which must be JSON.
func events(t *testing.T, text string) int {
	t.Helper()
	var list []any
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Errorf("%v: …%s", err, text[max(0, len(text)-200):])
	}
	return strings.Count(text, `"ph"`)
}

package meter

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/gptmeter/gptmeter/tensor"
)

// A Trace writes steps, the operators in them and requests to a file that Perfetto and Chrome show
// (Trace Event Format, "JSON Array Format"). Events go out as they come, in pieces of whole events,
// and that format allows the last bracket to be missing: a file that was cut still loads.
type Trace struct {
	file      TraceFile
	sections  []string
	calls     []tensor.Call // of the step that runs
	separator string        // before the next event
	buffer    []byte        // events that are not in the file yet
	size      int64         // of the file
	err       error         // of writing: nothing is written after it
}

// A TraceFile takes a trace, such as an *os.File that is opened with O_APPEND.
type TraceFile interface {
	io.Writer
	Truncate(size int64) error
}

// traceBuffer is how much of a trace is held back at most.
const traceBuffer = 1 << 16

// The processes and tracks of a trace: steps and operators have one, and each request one.
const (
	machineProcess = 1
	requestProcess = 2
	stepTrack      = 1
)

// NewTrace begins a trace. The error is of writing to file.
func NewTrace(file TraceFile) (*Trace, error) {
	t := &Trace{file: file, separator: "[\n"}
	t.name("process_name", machineProcess, 0, "machine")
	t.name("thread_name", machineProcess, stepTrack, "steps")
	t.name("process_name", requestProcess, 0, "requests")
	t.flush()
	return t, t.err
}

// A traceEvent is an X, complete, an i, instant, or an M, metadata. Times are on the engine's clock.
type traceEvent struct {
	Name     string         `json:"name"`
	Kind     string         `json:"ph"`
	Process  int            `json:"pid"`
	Track    int            `json:"tid"`
	Time     microseconds   `json:"ts"`
	Duration *microseconds  `json:"dur,omitempty"`
	Scope    string         `json:"s,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// microseconds is a time in JSON, to the nanosecond.
type microseconds time.Duration

func (m microseconds) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%d.%03d", m/1000, m%1000), nil
}

// Sections names the sections of the operators that follow.
func (t *Trace) Sections(names []string) { t.sections = names }

// Operator takes a call of an operator in the step that runs, at its time on the engine's clock.
func (t *Trace) Operator(c tensor.Call) { t.calls = append(t.calls, c) }

// Step shows a step, which took so many tokens of requests through the model in each phase, and in
// it the sections and their operators.
func (t *Trace) Step(begin, end time.Duration, requests, prefill, decode int) {
	show := func(name string, begin, end time.Duration, args map[string]any) {
		t.complete(name, machineProcess, stepTrack, begin, end, args)
	}
	show("step", begin, end, map[string]any{"requests": requests, "prefill_tokens": prefill, "decode_tokens": decode})
	for rest := t.calls; len(rest) > 0; {
		n, section := 1, t.sections[rest[0].Section]
		for n < len(rest) && rest[n].Section == rest[0].Section {
			n++
		}
		show(section, rest[0].Begin, rest[n-1].Begin+rest[n-1].Wall, nil)
		for _, c := range rest[:n] {
			show(c.Operator.String(), c.Begin, c.Begin+c.Wall, map[string]any{"section": section})
		}
		rest = rest[n:]
	}
	t.calls = t.calls[:0]
}

// Request shows a request whose account is complete, on a track of its own.
func (t *Trace) Request(number int, a *Account) {
	t.name("thread_name", requestProcess, number, fmt.Sprintf("request %d", number))
	begun := a.until
	if l := &a.legs[Prefill]; l.tokens > 0 {
		begun = l.begin
	}
	t.complete("queued", requestProcess, number, a.submitted, begun, nil)
	for phase := range phases {
		if l := &a.legs[phase]; l.tokens > 0 {
			total := l.work().Total()
			t.complete(phase.String(), requestProcess, number, l.begin, l.end, map[string]any{"tokens": l.tokens,
				"flops": total.Products + total.Elementwise, "machine_seconds": total.Wall.Seconds()})
		}
	}
	for choice, times := range a.tokens {
		for _, at := range times {
			t.add(traceEvent{Name: "token", Kind: "i", Process: requestProcess, Track: number, Time: microseconds(at),
				Scope: "t", Args: map[string]any{"choice": choice}})
		}
	}
}

// Close ends the trace, not the file. The error is the first there was.
func (t *Trace) Close() error {
	t.buffer = append(t.buffer, "\n]\n"...)
	t.flush()
	return t.err
}

func (t *Trace) complete(name string, process, track int, begin, end time.Duration, args map[string]any) {
	duration := microseconds(end - begin)
	t.add(traceEvent{Name: name, Kind: "X", Process: process, Track: track, Time: microseconds(begin), Duration: &duration, Args: args})
}

// name names a process or a track.
func (t *Trace) name(kind string, process, track int, name string) {
	t.add(traceEvent{Name: kind, Kind: "M", Process: process, Track: track, Args: map[string]any{"name": name}})
}

func (t *Trace) add(e traceEvent) {
	line, err := json.Marshal(e)
	if err != nil {
		panic(err) // there is nothing in an event that JSON does not have
	}
	t.buffer = append(append(t.buffer, t.separator...), line...)
	t.separator = ",\n"
	if len(t.buffer) >= traceBuffer {
		t.flush()
	}
}

// flush writes what is held back. Where only a part of it fits, the file is cut to whole events.
func (t *Trace) flush() {
	if t.err == nil {
		if _, t.err = t.file.Write(t.buffer); t.err == nil {
			t.size += int64(len(t.buffer))
		} else if t.file.Truncate(t.size) == nil && t.size > 0 {
			t.file.Write([]byte("\n]\n"))
		}
	}
	t.buffer = t.buffer[:0]
}

package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
)

// traced is an event of a trace, as a viewer reads it.
type traced struct {
	Name    string         `json:"name"`
	Kind    string         `json:"ph"`
	Process int            `json:"pid"`
	Track   int            `json:"tid"`
	Time    float64        `json:"ts"` // in µs
	For     float64        `json:"dur"`
	Args    map[string]any `json:"args"`
}

func (v traced) end() float64 { return v.Time + v.For }

// within tells whether v lies in w; times have the nanoseconds of the file, less what sums round.
func (v traced) within(w traced) bool { return v.Time >= w.Time && v.end() <= w.end()+1e-4 }

// traceFile is a trace in memory.
type traceFile struct{ bytes.Buffer }

func (f *traceFile) Truncate(size int64) error { f.Buffer.Truncate(int(size)); return nil }

// A trace shows every step and in it the operators that ran, in their sections, and every request
// with its phases and tokens, and agrees with the meter.
func TestTrace(t *testing.T) {
	with := smallEngine(t, DefaultOptions, 2)
	rapid.Check(t, func(t *rapid.T) {
		var file traceFile
		trace, err := meter.NewTrace(&file)
		if err != nil {
			t.Fatal(err)
		}
		visits, o := someVisits(t), someOptions(t)
		o.Trace = trace
		e := New(with.model, with.exec, nil, o, 0)
		tasks, _ := serve(t, e, visits, nil)
		if err := trace.Close(); err != nil {
			t.Fatal(err)
		}
		var events []traced
		if err := json.Unmarshal(file.Bytes(), &events); err != nil {
			t.Fatal(err)
		}
		tracks := map[[2]int][]traced{}
		names := map[[2]int]string{}
		for _, v := range events {
			track := [2]int{v.Process, v.Track}
			if v.Kind == "M" {
				names[track] = v.Args["name"].(string)
			} else {
				tracks[track] = append(tracks[track], v)
			}
		}
		checkSteps(t, e, tasks, tracks[[2]int{1, 1}])
		if len(tracks) > 1+len(tasks) {
			t.Fatalf("%d tracks for %d requests", len(tracks), len(tasks))
		}
		for _, task := range tasks {
			track := [2]int{2, task.number}
			if want := fmt.Sprintf("request %d", task.number); names[track] != want {
				t.Fatalf("the track of %s is named %q", want, names[track])
			}
			checkTrack(t, task, tracks[track])
		}
	})
}

// checkSteps holds the track of steps against what the engine did.
func checkSteps(t fataler, e *Engine, tasks []*Task, events []traced) {
	t.Helper()
	var step, section traced
	operators, sections := map[string]int64{}, map[string]bool{}
	for _, name := range e.model.Sections() {
		sections[name] = true
	}
	prefill, decode := 0.0, 0.0
	for _, v := range events {
		switch {
		case v.Name == "step":
			if v.Time < step.end() {
				t.Fatalf("a step begins at %v, the one before it ends at %v", v.Time, step.end())
			}
			step, section = v, traced{Time: v.Time}
			prefill += v.Args["prefill_tokens"].(float64)
			decode += v.Args["decode_tokens"].(float64)
		case sections[v.Name]:
			if !v.within(step) || v.Time < section.end()-1e-4 {
				t.Fatalf("%+v after %+v in %+v", v, section, step)
			}
			section = v
		default:
			operators[v.Name]++
			if !v.within(section) || v.Args["section"] != section.Name {
				t.Fatalf("%+v in %+v", v, section)
			}
		}
	}
	want := map[string]int64{}
	for o, w := range e.Usage().Work {
		if _, fused := tensor.Operator(o).FusedInto(); w.Calls > 0 && !fused {
			want[tensor.Operator(o).String()] = w.Calls
		}
	}
	if d := cmp.Diff(want, operators); d != "" {
		t.Fatalf("the operators of the trace are not those that ran:\n%s", d)
	}
	for _, task := range tasks {
		r := task.Result().Meter
		prefill -= float64(r.Prefill.Tokens)
		decode -= float64(r.Decode.Tokens)
	}
	if prefill != 0 || decode != 0 {
		t.Fatalf("the steps have %v prefill and %v decode tokens more than the requests", prefill, decode)
	}
}

// checkTrack holds a request's track against its report.
func checkTrack(t fataler, task *Task, events []traced) {
	t.Helper()
	r, end, tokens := task.Result(), math.Inf(-1), 0
	for _, v := range events {
		if v.Name == "token" {
			tokens++
			if v.Kind != "i" || v.Args["choice"].(float64) >= float64(task.request.N) {
				t.Fatalf("a token is %+v", v)
			}
			continue
		}
		if v.Kind != "X" || v.Time < end {
			t.Fatalf("%+v after %v", v, end)
		}
		end = v.end() - 1e-4
		leg := map[string]meter.Leg{"prefill": r.Meter.Prefill, "decode": r.Meter.Decode}[v.Name]
		if v.Name != "queued" && (!near(v.For/1e6, leg.WallSeconds) || v.Args["tokens"] != float64(leg.Tokens) ||
			v.Args["flops"] != float64(leg.Flops) || !near(v.Args["machine_seconds"].(float64), leg.MachineSeconds)) {
			t.Fatalf("%+v is not %+v", v, leg)
		}
	}
	if tokens != r.Usage.CompletionTokens {
		t.Fatalf("%d tokens are shown of %d", tokens, r.Usage.CompletionTokens)
	}
	shown := len(events) - tokens
	want := 1
	for _, leg := range []meter.Leg{r.Meter.Prefill, r.Meter.Decode} {
		if leg.Tokens > 0 {
			want++
		}
	}
	if shown != want {
		t.Fatalf("%d phases are shown of %d", shown, want)
	}
}

// A step tells how many requests and tokens it had: three choices are one request's.
func TestTraceSteps(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	var file traceFile
	trace, err := meter.NewTrace(&file)
	if err != nil {
		t.Fatal(err)
	}
	e = New(e.model, e.exec, nil, Options{MaxBatch: 8, StepTokens: 8, Trace: trace}, 0)
	r := request(ids("abc"), 2)
	r.N, r.IgnoreEOS = 3, true
	submit(t, e, r)
	submit(t, e, request(ids("xyzxyz"), 1))
	run(t, e)
	if err := trace.Close(); err != nil {
		t.Fatal(err)
	}
	var events []traced
	if err := json.Unmarshal(file.Bytes(), &events); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range events {
		if v.Name == "step" {
			got = append(got, fmt.Sprintf("%v requests, %v and %v tokens", v.Args["requests"], v.Args["prefill_tokens"], v.Args["decode_tokens"]))
		}
	}
	want := []string{"2 requests, 8 and 0 tokens", "2 requests, 1 and 3 tokens"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// An engine without a trace takes the Exec's back.
func TestTraceEnds(t *testing.T) {
	e := smallEngine(t, DefaultOptions, 1)
	var file traceFile
	trace, err := meter.NewTrace(&file)
	if err != nil {
		t.Fatal(err)
	}
	traced := New(e.model, e.exec, nil, Options{MaxBatch: 1, StepTokens: 8, Trace: trace}, 0)
	complete(t, traced, request(ids("abc"), 2))
	if err := trace.Close(); err != nil {
		t.Fatal(err)
	}
	before := file.Len()
	plain := New(e.model, e.exec, nil, DefaultOptions, 0)
	complete(t, plain, request(ids("abc"), 2))
	trace.Step(0, 0, 0, 0, 0)
	trace.Close()
	if len(plain.parts) != 1 {
		t.Errorf("the work of one span is kept apart in %d sections", len(plain.parts))
	}
	if after := file.String()[before:]; bytes.Count([]byte(after), []byte(`"X"`)) != 1 {
		t.Errorf("operators are in the trace of an engine that is over: %s", after)
	}
}

package meter_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
)

// someWork has numbers that tell its parts apart; attention has softmax inside.
func someWork() (w tensor.Work) {
	w[tensor.Linear] = tensor.OperatorWork{Calls: 4, Wall: 2 * time.Second, Busy: 3 * time.Second,
		Count: tensor.Count{Products: 1000, Elementwise: 200, Padding: 30, Read: 400, Written: 50}}
	w[tensor.Attention] = tensor.OperatorWork{Calls: 1, Wall: 500 * time.Millisecond, Busy: 750 * time.Millisecond,
		Count: tensor.Count{Products: 60, Elementwise: 7, Read: 8, Written: 9}}
	w[tensor.Softmax] = tensor.OperatorWork{Calls: 1, Count: tensor.Count{Elementwise: 11, Special: 12}}
	return w
}

// someReport is of four prompt tokens in two steps and two tokens in one.
func someReport() meter.Report {
	a := meter.NewAccount(time.Second, 1)
	a.Add(meter.Prefill, 3, []tensor.Work{someWork()}, 100*time.Millisecond, meter.Step{Begin: 2 * time.Second, End: 5 * time.Second})
	a.Add(meter.Prefill, 1, []tensor.Work{someWork()}, 0, meter.Step{Begin: 7 * time.Second, End: 10 * time.Second})
	a.Token(0, 10*time.Second)
	a.Add(meter.Decode, 1, []tensor.Work{someWork()}, 400*time.Millisecond, meter.Step{Begin: 10 * time.Second, End: 13 * time.Second})
	a.Token(0, 13*time.Second)
	a.Finish(13 * time.Second)
	return a.Report(meter.Setting{Kernel: "pure", DType: tensor.F32, Threads: 2, LoadTime: 250 * time.Millisecond})
}

// The whole document, number by number and null by null.
func TestReportJSON(t *testing.T) {
	got, err := json.MarshalIndent(someReport(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)+"\n"); d != "" {
		t.Error(d)
	}
}

// The keys are those that the program's users are promised.
func TestReportKeys(t *testing.T) {
	var report map[string]any
	data, err := json.Marshal(someReport())
	if err == nil {
		err = json.Unmarshal(data, &report)
	}
	if err != nil {
		t.Fatal(err)
	}
	checkKeys(t, report, "kernel", "dtype", "threads", "prefill", "decode", "other_seconds", "load_seconds",
		"machine_seconds", "wall_seconds", "time_to_first_token_seconds", "time_per_output_token_seconds",
		"inter_token_seconds", "energy", "cost")
	checkKeys(t, report["energy"], "joules", "source")
	checkKeys(t, report["cost"], "currency", "total", "prompt", "completion", "price", "source")
	for _, name := range []string{"prefill", "decode"} {
		leg := report[name].(map[string]any)
		checkKeys(t, leg, "tokens", "wall_seconds", "machine_seconds", "product_flops", "elementwise_flops", "flops",
			"padding_flops", "special_ops", "bytes_read", "bytes_written", "flops_per_second", "bytes_per_second",
			"share_of_peak", "share_of_bandwidth", "bound", "operators")
		for _, operator := range leg["operators"].([]any) {
			checkKeys(t, operator, "operator", "calls", "product_flops", "elementwise_flops", "flops", "padding_flops",
				"special_ops", "bytes_read", "bytes_written", "wall_seconds", "busy_seconds", "fused_into")
		}
	}
}

func checkKeys(t *testing.T, object any, want ...string) {
	t.Helper()
	var got []string
	for key := range object.(map[string]any) {
		got = append(got, key)
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Where nothing has happened nothing is stated: no rate of nothing, no time of no token.
func TestEmptyReport(t *testing.T) {
	r := meter.NewAccount(3*time.Second, 2).Report(meter.Setting{})
	want := meter.Report{
		DType:   "f32",
		Prefill: meter.Leg{Operators: []meter.Operator{}},
		Decode:  meter.Leg{Operators: []meter.Operator{}},
		Energy:  meter.Energy{Source: meter.Unmeasured},
		Cost:    meter.Cost{Source: meter.Unmeasured},
	}
	if d := cmp.Diff(want, r); d != "" {
		t.Error(d)
	}
}

// Before its end a request has lasted until its last step.
func TestWallSecondsSoFar(t *testing.T) {
	a := meter.NewAccount(3*time.Second, 1)
	a.Add(meter.Prefill, 1, []tensor.Work{{}}, 0, meter.Step{Begin: 4 * time.Second, End: 5 * time.Second})
	if got := a.Report(meter.Setting{}).WallSeconds; got != 2 {
		t.Errorf("%v s so far, want 2", got)
	}
	a.Finish(9 * time.Second)
	if got := a.Report(meter.Setting{}).WallSeconds; got != 6 {
		t.Errorf("%v s in the end, want 6", got)
	}
}

// The time to the first token is the first choice's that has one; the time per token is
// (last − first)/(n − 1), over all choices.
func TestTokenTimes(t *testing.T) {
	for _, test := range []struct {
		name     string
		tokens   [][]int // by choice, the seconds at which they come
		first    float64 // NaN for null
		perToken float64
	}{
		{"none", [][]int{{}}, math.NaN(), math.NaN()},
		{"one", [][]int{{7}}, 5, math.NaN()},
		{"two", [][]int{{7, 10}}, 5, 3},
		{"four", [][]int{{7, 8, 9, 13}}, 5, 2},
		{"several choices", [][]int{{7, 9}, {}, {6, 7, 8, 12}}, 4, 2},
		{"one each", [][]int{{7}, {7}}, 5, math.NaN()},
	} {
		a := meter.NewAccount(2*time.Second, len(test.tokens))
		for choice, times := range test.tokens {
			for _, at := range times {
				a.Token(choice, time.Duration(at)*time.Second)
			}
		}
		r := a.Report(meter.Setting{})
		checkSeconds(t, test.name+": time to first token", r.TimeToFirstTokenSeconds, test.first)
		checkSeconds(t, test.name+": time per output token", r.TimePerOutputTokenSeconds, test.perToken)
	}
}

// Percentiles are of nearest rank: gaps that there were, of all choices together, however they came.
func TestInterToken(t *testing.T) {
	upTo := func(n int) (gaps []int) { // n down to 1
		for i := range n {
			gaps = append(gaps, n-i)
		}
		return gaps
	}
	for _, test := range []struct {
		name string
		gaps [][]int // by choice, seconds between tokens
		want *meter.InterToken
	}{
		{"no choice has two tokens", [][]int{{}, {}}, nil},
		{"one gap", [][]int{{3}}, &meter.InterToken{Count: 1, P50: 3, P90: 3, P99: 3}},
		{"two gaps", [][]int{{5, 3}}, &meter.InterToken{Count: 2, P50: 3, P90: 5, P99: 5}},
		{"ten", [][]int{upTo(10)}, &meter.InterToken{Count: 10, P50: 5, P90: 9, P99: 10}},
		{"eleven", [][]int{upTo(11)}, &meter.InterToken{Count: 11, P50: 6, P90: 10, P99: 11}},
		{"a hundred", [][]int{upTo(100)}, &meter.InterToken{Count: 100, P50: 50, P90: 90, P99: 99}},
		{"a hundred and one", [][]int{upTo(101)}, &meter.InterToken{Count: 101, P50: 51, P90: 91, P99: 100}},
		{"of several choices", [][]int{{9, 1}, {}, {2, 8, 4}}, &meter.InterToken{Count: 5, P50: 4, P90: 9, P99: 9}},
	} {
		a := meter.NewAccount(0, len(test.gaps))
		for choice, gaps := range test.gaps {
			at := 7 * time.Second
			a.Token(choice, at)
			for _, gap := range gaps {
				at += time.Duration(gap) * time.Second
				a.Token(choice, at)
			}
		}
		if d := cmp.Diff(test.want, a.Report(meter.Setting{}).InterTokenSeconds); d != "" {
			t.Errorf("%s: %s", test.name, d)
		}
	}
}

// A leg states its sections where they are named, with what each did, and they add up to it.
func TestReportSections(t *testing.T) {
	a := meter.NewAccount(0, 1)
	rest := someWork()
	rest[tensor.Linear] = tensor.OperatorWork{}
	a.Add(meter.Prefill, 1, []tensor.Work{someWork(), rest}, 0, meter.Step{})
	a.Add(meter.Prefill, 1, []tensor.Work{{}, rest}, 0, meter.Step{})
	plain := a.Report(meter.Setting{})
	r := a.Report(meter.Setting{Sections: []string{"first", "rest"}})

	first, second := r.Prefill.Sections[0], r.Prefill.Sections[1]
	if first.Section != "first" || first.ProductFlops != 1060 || first.MachineSeconds != 2.5 || len(first.Operators) != 3 {
		t.Errorf("the first section is %+v", first)
	}
	if second.Section != "rest" || second.ProductFlops != 2*60 || second.MachineSeconds != 1 || len(second.Operators) != 2 {
		t.Errorf("the other is %+v", second)
	}
	if want := plain.Prefill.ProductFlops; first.ProductFlops+second.ProductFlops != want {
		t.Errorf("%d and %d products are not %d", first.ProductFlops, second.ProductFlops, want)
	}
	if len(r.Prefill.Sections) != 2 || r.Decode.Sections == nil || len(r.Decode.Sections) != 0 {
		t.Errorf("sections are %v and, of no step, %v", r.Prefill.Sections, r.Decode.Sections)
	}
	r.Prefill.Sections, r.Decode.Sections = nil, nil
	if d := cmp.Diff(plain, r); d != "" {
		t.Errorf("sections change what is stated besides:\n%s", d)
	}
}

func checkSeconds(t *testing.T, what string, got *float64, want float64) {
	t.Helper()
	switch {
	case got == nil && math.IsNaN(want), got != nil && *got == want:
	case got == nil:
		t.Errorf("%s is null, want %v", what, want)
	default:
		t.Errorf("%s is %v, want %v", what, *got, want)
	}
}

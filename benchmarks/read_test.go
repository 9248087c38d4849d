package benchmarks

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What is written as JSON is read as it was.
func TestReadReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	want := someReport()
	if err := os.WriteFile(path, write(t, want, "json"), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := ReadReport(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateApproxTime(time.Microsecond)); d != "" {
		t.Error(d)
	}
	if n := got.Results[0].Length(); n != 512 {
		t.Errorf("pp512 has %d tokens", n)
	}
	// Those of before there was a version are of the first.
	old, err := parseReport(bytes.Replace(write(t, want, "json"), []byte(`"version":1,`), nil, 1))
	if err != nil || old.Version != 1 {
		t.Errorf("%v", err)
	}
}

func TestReadReportRefused(t *testing.T) {
	for _, c := range []struct{ change, to, want string }{
		{`"version":1`, `"version":2`, "a report of version 2, and this program reads version 1"},
		{`{"version"`, `[{"version"`, "not a report of bench -o json: "},
		{`"results":`, `"loads":`, "it has no results"},
		{`"pp512"`, `"pq512"`, `result 0: "pq512" is no test`},
		{`"tg128"`, `"tg"`, `result 1: "tg" is no test`},
		{`"phase":"prefill"`, `"phase":"x"`, `"x" is no phase`},
		{`"median":800`, `"median":0`, "0 tokens/s"},
		{`"batch":2`, `"batch":0`, "batch 0"},
		{`"batch":2`, `"batch":"two"`, "not a report of bench -o json: "},
	} {
		text := strings.Replace(string(write(t, someReport(), "json")), c.change, c.to, 1)
		if _, err := parseReport([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.to, err, c.want)
		}
	}
}

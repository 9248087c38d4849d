package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gptmeter/gptmeter/weights/hub/hubtest"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts the program on the PATH, as gptmeter, for scripts and for tests that run it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gptmeter": main})
}

// TestScripts runs the transcripts in testdata, which have four commands of their own:
//
//	exits CODE ARGS…           runs gptmeter; it has to end so
//	checkpoint FOLDER [FAULT]  writes a small model, see checkpoint_test.go
//	tiny FILE TO               copies a file of the embedded model
//	damage REPOSITORY FILE     changes a byte of a file in the cache, in all snapshots
//
// and two conditions: [root], for whom permissions do not count, and [data], that the data outside
// the repository is at $DATA. The data of the manual's examples is at $EXAMPLES, and the models that
// package weights is tested with at $WEIGHTS. HF_ENDPOINT is a hub of this test, with the models of
// hubtest.Stock.
//
// With -short only those run whose commands do things side by side: fetch, write while tokens are made, share steps.
func TestScripts(t *testing.T) {
	data, err := filepath.Abs("../../../shared/data")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Abs("../../docs/testdata")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := filepath.Abs("../../weights/testdata")
	if err != nil {
		t.Fatal(err)
	}
	h := hubtest.New()
	t.Cleanup(h.Close)
	if err := h.Stock("../../weights"); err != nil {
		t.Fatal(err)
	}
	scripts := testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "checkpoint": writeCheckpoint, "tiny": copyTiny, "damage": damage,
		},
		Condition: func(condition string) (bool, error) {
			switch condition {
			case "root":
				return os.Getuid() == 0, nil
			case "data":
				_, err := os.Stat(data)
				return err == nil, nil
			}
			return false, errors.New("no such condition")
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("DATA", data)
			e.Setenv("EXAMPLES", examples)
			e.Setenv("WEIGHTS", weights)
			e.Setenv("HF_ENDPOINT", h.URL)
			e.Setenv("HF_HOME", filepath.Join(e.WorkDir, "hf"))
			return nil
		},
		RequireExplicitExec: true,
	}
	if testing.Short() {
		scripts.Dir, scripts.Files = "", []string{"testdata/hub.txtar", "testdata/generate.txtar", "testdata/promptfile.txtar"}
		t.Logf("with -short only %q", scripts.Files)
	}
	testscript.Run(t, scripts)
}

// exits runs gptmeter, and checks what holds whenever it fails: nothing on stdout, and on stderr
// the error and at most a hint.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: exits CODE ARGS…")
	}
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec("gptmeter", args[1:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if got != code {
		ts.Fatalf("exit code %d, want %d", got, code)
	}
	if code == exitDone {
		return
	}
	if stdout != "" {
		ts.Fatalf("a failure has written to stdout: %q", stdout)
	}
	lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
	if !strings.HasPrefix(lines[0], "gptmeter: ") || len(lines) > 2 ||
		len(lines) == 2 && !strings.HasPrefix(lines[1], "gptmeter: hint: ") {
		ts.Fatalf("want one line of error and at most one of hint, got:\n%s", stderr)
	}
	if strings.Contains(stderr, "goroutine") || strings.Contains(stderr, "unexpected:") {
		ts.Fatalf("a panic: %s", stderr)
	}
}

func copyTiny(ts *testscript.TestScript, _ bool, args []string) {
	content, err := os.ReadFile("../../weights/tiny/" + args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), content, 0o666))
}

func damage(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.Getenv("HF_HOME"), "hub", args[0], "snapshots", "*", args[1]))
	ts.Check(err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		ts.Check(err)
		content[0] ^= 1
		ts.Check(os.WriteFile(file, content, 0o666))
	}
}

// testProgram is a program that prints to a file, and how to read that.
func testProgram(t *testing.T) (p *program, stdout func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdout")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	p = &program{stdin: os.Stdin, stdout: &output{file: file}, stderr: file, powercap: fstest.MapFS{}}
	return p, func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

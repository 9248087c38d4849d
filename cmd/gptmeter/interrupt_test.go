//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/weights/hub/hubtest"
)

// Ctrl-C stops a text between two tokens, and the receipt says what has been done until then. So
// does the trace, which is whole.
func TestInterruptText(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace.json")
	// 128 answers take far longer than the signal.
	c := exec.Command("gptmeter", "generate", "--n", "128", "--max-tokens", "250", "--ignore-eos", "--trace", trace, "Once upon a time")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(stdout)
	if err != nil {
		t.Fatal(err)
	}
	if c.Wait(); c.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("%v, want exit code %d", c.ProcessState, exitInterrupted)
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		t.Errorf("the text ends without a newline: %q", text)
	}
	if s := stderr.String(); !strings.Contains(s, "machine ") || !strings.HasSuffix(s, "gptmeter: interrupted\n") {
		t.Errorf("want a receipt and a word on stderr, got %q", s)
	}
	if names := eventNames(t, trace); !slices.Contains(names, "step") || !slices.Contains(names, "prefill") {
		t.Errorf("the trace has %d events, and no step or no request", len(names))
	}
}

// Where there is no more room for a trace the text comes all the same, and the file is cut to whole
// events.
func TestTraceFills(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace.json")
	c := exec.Command("sh", "-c", `ulimit -f 150; exec gptmeter generate --max-tokens 100 --ignore-eos --trace "$0" "The cat"`, trace)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	text, err := c.Output()
	if c.ProcessState == nil || c.ProcessState.ExitCode() != exitExhausted {
		t.Errorf("%v, want exit code %d", err, exitExhausted)
	}
	if len(text) < 100 || !strings.HasSuffix(stderr.String(), "gptmeter: write "+trace+": file too large\n") {
		t.Errorf("stdout %q, stderr %q", text, stderr.String())
	}
	if names := eventNames(t, trace); !slices.Contains(names, "step") {
		t.Errorf("the trace has %d events and no step", len(names))
	}
}

// Ctrl-C also ends a wait for a prompt that does not come.
func TestInterruptWait(t *testing.T) {
	for _, args := range [][]string{{"generate"}, {"generate", "--prompt-file", "-"}, {"tokenize"}} {
		c := exec.Command("gptmeter", args...)
		var stdout, stderr bytes.Buffer
		c.Stdout, c.Stderr = &stdout, &stderr
		stdin, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// The pipe takes more than it holds only once it is being read: then the program waits.
		if _, err := stdin.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
			t.Fatal(err)
		}
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if c.Wait(); c.ProcessState.ExitCode() != exitInterrupted || stdout.Len() > 0 || stderr.String() != "gptmeter: interrupted\n" {
			t.Errorf("%v: %v, stdout %q, stderr %q", args, c.ProcessState, stdout.String(), stderr.String())
		}
	}
}

// Interrupted JSON is a whole document of what there is; of a batch there are the whole answers.
func TestInterruptJSON(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, promptFile := range []string{"", "p"} {
		p, stdout := testProgram(t)
		f := &generateFlags{modelFlags: modelFlags{model: "tiny", dtype: auto, kernel: auto}, maxBatch: 1, json: true, promptFile: promptFile}
		f.base = newRequest()
		f.base.text = "The cat"
		m, err := p.load(t.Context(), f.modelFlags, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.answer(ctx, f, m, &traceFile{}, []request{f.base, f.base}[:1+len(promptFile)]); !errors.Is(err, errInterrupted) {
			t.Errorf("prompt file %q: %v, want %v", promptFile, err, errInterrupted)
		}
		text := stdout()
		if promptFile != "" {
			if text != "" {
				t.Errorf("an answer that is not whole has been printed: %q", text)
			}
			continue
		}
		var a answer
		if err := json.Unmarshal([]byte(text), &a); err != nil || *a.Choices[0].FinishReason != "cancelled" || a.Usage.PromptTokens != 2 {
			t.Errorf("%v: %q", err, text)
		}
	}
}

// Ctrl-C ends a fetch that gets nowhere, and what has come is kept for the next.
func TestInterruptPull(t *testing.T) {
	h := hubtest.New()
	defer h.Close()
	if err := h.Stock("../../weights"); err != nil {
		t.Fatal(err)
	}
	stalled := make(chan bool, 10)
	h.Put(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if !r.URL.Query().Has("Signature") {
			serve(w, r)
			return
		}
		stalled <- true
		hubtest.Fault{Kind: hubtest.Stall, At: 0.5, Delay: time.Minute}.Answer(w, r, serve)
	})
	cache := t.TempDir()
	c := exec.Command("gptmeter", "pull", "stories/tiny")
	c.Env = append(os.Environ(), "HF_ENDPOINT="+h.URL, "HF_HUB_CACHE="+cache)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	<-stalled
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if c.Wait(); c.ProcessState.ExitCode() != exitInterrupted || stderr.String() != "gptmeter: interrupted\n" {
		t.Errorf("%v, %q", c.ProcessState, stderr.String())
	}
	if kept, _ := filepath.Glob(filepath.Join(cache, "*", "blobs", "*.incomplete")); len(kept) != 1 {
		t.Errorf("kept %v", kept)
	}
}

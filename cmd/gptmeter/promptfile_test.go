package main

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/gptmeter/gptmeter/engine"
)

func TestParsePrompt(t *testing.T) {
	base := newRequest()
	base.MaxTokens = 9
	base.Stop = []string{"from the command line"}
	base.Sampling.LogitBias = map[int]float64{1: 1}

	line := `{"prompt": "\ud83d\ude00", "max_tokens": 3, "n": 2, "seed": 18446744073709551615, "temperature": 1e-1, "top_k": 0,
		"top_p": 1, "min_p": 0.5, "repeat_penalty": 1.5, "frequency_penalty": -1, "presence_penalty": 2, "logit_bias": {"5": -100, "6": 2.5},
		"stop": ["a,b", "c"], "ignore_eos": true, "echo": true, "logprobs": 4, "truncate": "left"}`
	got, err := parsePrompt("p:1", []byte(line), base)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(math.MaxUint64)
	want := request{
		text: "😀", truncate: truncateLeft, seed: &seed,
		Request: engine.Request{
			MaxTokens: 3, N: 2, Stop: []string{"a,b", "c"}, IgnoreEOS: true, Echo: true, Logprobs: 4,
			Sampling: engine.Sampling{Temperature: 0.1, TopP: 1, MinP: 0.5, RepeatPenalty: 1.5, FrequencyPenalty: -1,
				PresencePenalty: 2, LogitBias: map[int]float64{5: -100, 6: 2.5}},
		},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(request{})); diff != "" {
		t.Error(diff)
	}

	for _, line := range []string{`{"prompt_ids": [3, 4]}`, `{"prompt_ids": [3, 4], "stop": null, "seed": null, "prompt": null}`} {
		got, err = parsePrompt("p:1", []byte(line), base)
		if err != nil {
			t.Fatal(err)
		}
		want = base
		want.ids = []int{3, 4}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(request{})); diff != "" {
			t.Errorf("%s: what a line leaves open is the command line's: %s", line, diff)
		}
	}
	got, err = parsePrompt("p:1", []byte(`{"prompt": "", "stop": [], "logit_bias": {}}`), base)
	if err != nil || len(got.Stop) > 0 || len(got.Sampling.LogitBias) > 0 {
		t.Errorf("an empty list does not replace the command line's: %v, %v", got, err)
	}
	if len(base.Stop) != 1 || len(base.Sampling.LogitBias) != 1 {
		t.Errorf("a line has changed what the next begins with: %v", base)
	}
}

func TestParsePromptRefuses(t *testing.T) {
	for _, c := range []struct {
		line string
		code int
		why  string
	}{
		{`{"prompt":"x","top_pp":1}`, exitUsage, `unknown key "top_pp"`},
		{`{"prompt":"x","Top_P":1}`, exitUsage, `unknown key "Top_P"`},
		{`{"prompt":"x","max_batch":1}`, exitUsage, `unknown key "max_batch"`},
		{`{"prompt":"x","model":"tiny"}`, exitUsage, `unknown key "model"`},
		{`{"prompt":"x","top_p":2}`, exitUsage, "top_p: not in 0..1"},
		{`{"prompt":"x","top_p":"1"}`, exitUsage, "top_p: not a number"},
		{`{"prompt":"x","top_k":1.5}`, exitUsage, "top_k: not a whole number"},
		{`{"prompt":"x","n":[1,2]}`, exitUsage, "n: not to be a list"},
		{`{"prompt":"x","echo":1}`, exitUsage, "echo: not a boolean"},
		{`{"prompt":"x","stop":[1]}`, exitUsage, "stop: not a string"},
		{`{"prompt":"x","stop":{"a":"b"}}`, exitUsage, "stop: not a string"},
		{`{"prompt":"x","logit_bias":{"a":1}}`, exitUsage, `logit_bias: "a=1" is not ID=B`},
		{`{"prompt":"x","seed":1e3}`, exitUsage, "seed: not a whole number"},
		{`{"prompt":["x"]}`, exitUsage, "prompt: not to be a list"},
		{`{"prompt":"x","prompt":"y"}`, exitUsage, "prompt is there twice"},
		{`{"prompt":"x","top_p":1,"top-p":1}`, exitUsage, "top-p is there twice"},
		{`{"prompt":"x","prompt_ids":[1]}`, exitUsage, "either prompt or prompt_ids"},
		{`{"prompt_ids":"1,2"}`, exitUsage, "prompt_ids: not a number"},
		{`{"prompt_ids":[1.5]}`, exitUsage, `prompt_ids: "1.5" is not an id`},
		{`{}`, exitUsage, "either prompt or prompt_ids"},
		{`{"prompt":"\ud800"}`, exitUsage, "not valid UTF-8"},
		{`{"prompt":"\ude00\ud83d"}`, exitUsage, "not valid UTF-8"},
		{"{\"prompt\":\"\xff\"}", exitUsage, "not valid UTF-8"},
		{`{"prompt":"x"`, exitUnusable, "unexpected EOF"},
		{`{"prompt":"x"} {}`, exitUnusable, "more follows"},
		{`{"prompt":x}`, exitUnusable, "invalid character"},
		{`[1]`, exitUnusable, "not a JSON object"},
		{`"x"`, exitUnusable, "not a JSON object"},
		{`null`, exitUnusable, "not a JSON object"},
		{`x`, exitUnusable, "invalid character"},
	} {
		_, err := parsePrompt("p:1", []byte(c.line), newRequest())
		if err == nil || exitCode(err) != c.code || !strings.HasPrefix(err.Error(), "p:1: "+"") || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want exit code %d and %q", c.line, err, c.code, c.why)
		}
	}
}

func TestReadPrompts(t *testing.T) {
	requests, err := readPrompts("p", strings.NewReader("{\"prompt\":\"a\"}\r\n\n  \n{\"prompt\":\"b\"}"), newRequest())
	if err != nil || len(requests) != 2 || requests[0].line != 0 || requests[1].line != 3 || requests[1].place != "p:4" {
		t.Errorf("%+v, %v", requests, err)
	}
	long := strings.Repeat(" ", maxPromptBytes+1)
	if _, err := readPrompts("p", strings.NewReader(long), newRequest()); exitCode(err) != exitUnusable {
		t.Errorf("a line of %d bytes: %v", len(long), err)
	}
	if _, err := readPrompts("p", failing{}, newRequest()); exitCode(err) != exitUnusable || !strings.HasPrefix(err.Error(), "p:1: ") {
		t.Errorf("a file that cannot be read: %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("input/output error") }

// FuzzPromptLine checks that any line is either refused with the right exit code in one line, or
// makes a request that the engine would take but for the model.
func FuzzPromptLine(f *testing.F) {
	for _, line := range []string{
		`{"prompt": "The cat", "max_tokens": 4, "seed": 1, "stop": ["\n"], "logit_bias": {"5": -1}}`,
		`{"prompt_ids": [1, 2], "temperature": 0, "echo": true, "n": 2, "truncate": "left"}`,
		`{"prompt": "\ud83d\ude00", "top-p": 0.5, "min_p": null}`,
		`{"prompt": "\ud800"}`, `{"prompt": 1e999, "top_k": 1}`, `{"a": {"b": [[[]]]}}`, `[`, `{"":""}`, `{"prompt":"x"}}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parsePrompt("p:1", line, newRequest())
		if err != nil {
			if code := exitCode(err); code != exitUsage && code != exitUnusable {
				t.Fatalf("exit code %d: %v", code, err)
			}
			if text := oneLine(err.Error()); strings.ContainsAny(text, "\n\r\x1b") || !utf8.ValidString(text) {
				t.Fatalf("not one printable line: %q", text)
			}
			return
		}
		if !utf8.ValidString(r.text) || strings.ContainsRune(r.text, utf8.RuneError) && !bytes.ContainsRune(line, utf8.RuneError) &&
			!bytes.Contains(bytes.ToLower(line), []byte(`\ufffd`)) {
			t.Fatalf("the prompt %q is not what the line says", r.text)
		}
		s := r.Sampling
		if r.MaxTokens < 0 || r.N < 1 || r.N > engine.MaxChoices || r.Logprobs < -1 || s.TopK < 0 ||
			!(s.Temperature >= 0) || !(s.TopP >= 0 && s.TopP <= 1) || !(s.MinP >= 0 && s.MinP <= 1) || !(s.RepeatPenalty > 0) {
			t.Fatalf("out of range: %+v", r)
		}
	})
}

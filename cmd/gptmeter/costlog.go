package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/gptmeter/gptmeter/meter/bill"
)

// A loggedRequest is a line of a log: an answer of generate, or lengths and how many requests have them.
type loggedRequest struct {
	Created *int64 `json:"created"`
	Usage   *struct {
		PromptTokens     *int64 `json:"prompt_tokens"`
		CompletionTokens *int64 `json:"completion_tokens"`
	} `json:"usage"`
	Meter *struct {
		MachineSeconds *float64 `json:"machine_seconds"`
	} `json:"meter"`
	PromptTokens     *int64 `json:"prompt_tokens"`
	CompletionTokens *int64 `json:"completion_tokens"`
	Count            *int64 `json:"count"`
}

// Limits on a log.
const (
	maxLogLine  = 64 << 20
	maxLogCount = 1 << 40
)

// A requestLog is what a log says: lengths, those that are the same together, in the order in which
// they first come; and the machine seconds of all requests, nil where one does not say.
type requestLog struct {
	lengths []bill.Length
	seconds *float64
}

// readLog reads a log, - from stdin. Where it is to be a day's, it must not be longer than one.
func (p *program) readLog(path string, wholeDay bool) (*requestLog, error) {
	file := p.stdin
	if path == "-" {
		path = "stdin"
	} else {
		var err error
		if file, err = os.Open(path); err != nil {
			return nil, unusable(err)
		}
		defer file.Close()
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxLogLine)
	log, at := &requestLog{seconds: new(float64)}, map[[2]int64]int{}
	var first, last, all int64
	number := 0
	refuse := func(format string, args ...any) error {
		return unusable(fmt.Errorf("%s:%d: %w", path, number, fmt.Errorf(format, args...)))
	}
	for lines.Scan() {
		number++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var r loggedRequest
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, refuse("not a line of JSON: %w", err)
		}
		n := bill.Length{Count: 1}
		prompt, completion := r.PromptTokens, r.CompletionTokens
		if r.Usage != nil {
			prompt, completion = r.Usage.PromptTokens, r.Usage.CompletionTokens
		}
		if r.Count != nil {
			n.Count = *r.Count
		}
		if prompt == nil || completion == nil {
			return nil, refuse("no prompt_tokens and completion_tokens, nor a usage that has them")
		}
		n.PromptTokens, n.CompletionTokens = *prompt, *completion
		if n.PromptTokens < 0 || n.CompletionTokens < 0 || n.PromptTokens > maxLength || n.CompletionTokens > maxLength || n.Count < 1 || all+n.Count > maxLogCount {
			return nil, refuse("%d requests of %d prompt and %d completion tokens", n.Count, n.PromptTokens, n.CompletionTokens)
		}
		all += n.Count
		if r.Created != nil {
			if first == 0 || *r.Created < first {
				first = *r.Created
			}
			last = max(last, *r.Created)
		}
		switch {
		case r.Meter == nil || r.Meter.MachineSeconds == nil || r.Count != nil:
			log.seconds = nil
		case log.seconds != nil:
			*log.seconds += *r.Meter.MachineSeconds
		}
		key := [2]int64{n.PromptTokens, n.CompletionTokens}
		if i, known := at[key]; known {
			log.lengths[i].Count += n.Count
			continue
		}
		at[key] = len(log.lengths)
		log.lengths = append(log.lengths, n)
	}
	if err := lines.Err(); err != nil {
		return nil, unusable(fmt.Errorf("%s: %w", path, err))
	}
	if len(log.lengths) == 0 {
		return nil, unusable(fmt.Errorf("%s: there is no request in it", path))
	}
	const day = 24 * 60 * 60
	if wholeDay && last-first > day {
		return nil, errorWithHint(usageError("--requests %s: its requests are of %.1f days", path, float64(last-first)/day),
			"--requests-per-day says how many there are in one")
	}
	return log, nil
}

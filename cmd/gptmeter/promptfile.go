package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// maxPromptBytes is far more text than any context holds.
const maxPromptBytes = 64 << 20

// readPrompts reads a prompt file, in which every line may ask for other than base. Errors name
// the file, as name, and the line.
func readPrompts(name string, file io.Reader, base request) (requests []request, err error) {
	lines := bufio.NewReader(file)
	for number := 0; ; number++ {
		place := fmt.Sprintf("%s:%d", name, number+1)
		line, err := readLine(lines)
		if err != nil && err != io.EOF {
			return nil, unusable(fmt.Errorf("%s: %w", place, err))
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			r, err := parsePrompt(place, text, base)
			if err != nil {
				return nil, err
			}
			r.place, r.line = place, number
			requests = append(requests, r)
		}
		if err == io.EOF {
			return requests, nil
		}
	}
}

// readLine reads up to a newline, but not more than maxPromptBytes.
func readLine(from *bufio.Reader) (line []byte, err error) {
	for {
		part, err := from.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxPromptBytes {
			return nil, fmt.Errorf("longer than %d bytes", maxPromptBytes)
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// parsePrompt reads one line, at place.
func parsePrompt(place string, line []byte, base request) (request, error) {
	if !utf8.Valid(line) || loneSurrogate(line) {
		return request{}, usageError("%s: not valid UTF-8", place)
	}
	keys, err := parseObject(line)
	if err != nil {
		return request{}, unusable(fmt.Errorf("%s: %w", place, err))
	}
	r := base
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.StringVar(&r.text, "prompt", "", "")
	r.flags(flags)
	for _, k := range keys {
		f := flags.Lookup(dashed(k.name))
		if f == nil {
			return request{}, unknownKey(place, k.name, flagNames(flags))
		}
		if f.Changed {
			return request{}, usageError("%s: %s is there twice", place, k.name)
		}
		if k.value == nil { // as OpenAI's clients write what they leave open
			continue
		}
		if err := setFrom(f, k.value); err != nil {
			return request{}, usageError("%s: %s: %w", place, k.name, err)
		}
	}
	if flags.Changed("prompt") == (r.ids != nil) {
		return request{}, usageError("%s: it has to have either prompt or prompt_ids", place)
	}
	return r, nil
}

// A key is one of a JSON object's, with its value.
type key struct {
	name  string
	value any
}

// parseObject reads a JSON object and keeps its keys as they stand, also those that are there twice.
func parseObject(text []byte) (keys []key, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	open, err := d.Token()
	if err == nil && open != json.Delim('{') {
		err = errors.New("not a JSON object")
	}
	for err == nil && d.More() {
		var name json.Token
		var value any
		if name, err = d.Token(); err == nil {
			err = d.Decode(&value)
			keys = append(keys, key{fmt.Sprint(name), value})
		}
	}
	if err == nil {
		_, err = d.Token() // the brace
	}
	if err == nil && d.InputOffset() != int64(len(text)) {
		err = errors.New("more follows the JSON object")
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return keys, err
}

// loneSurrogate tells whether an escape in JSON text is half a character, which encoding/json
// would silently replace.
func loneSurrogate(text []byte) bool {
	high := func(at int) bool { return surrogate(text, at, "89ab") }
	low := func(at int) bool { return surrogate(text, at, "cdef") }
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		switch {
		case high(i) && low(i+6):
			i += 11
		case high(i), low(i):
			return true
		default:
			i++
		}
	}
	return false
}

// surrogate tells whether an escape \udXxx stands at that place of text, with X one of third.
func surrogate(text []byte, at int, third string) bool {
	return at+6 <= len(text) && text[at+1] == 'u' && text[at] == '\\' &&
		text[at+2]|0x20 == 'd' && bytes.IndexByte([]byte(third), text[at+3]|0x20) >= 0
}

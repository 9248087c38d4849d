package weights

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits on what a hostile header can make us keep. Names count while their object is open, so all
// tensors of a file do.
const (
	maxNames     = 1 << 15
	maxNameBytes = 256
	maxDepth     = 64
)

// scanner reads JSON in place, strictly: RFC 8259 to the letter, valid UTF-8 without lone
// surrogates, no name twice in an object. Package encoding/json lets all of that pass, and buffers
// a long string whole.
type scanner struct {
	json  []byte
	at    int
	depth int
	names int
}

func newScanner(json []byte) (*scanner, error) {
	if !utf8.Valid(json) {
		return nil, errors.New("not valid UTF-8")
	}
	return &scanner{json: json}, nil
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("byte %d of the JSON: %w", s.at, fmt.Errorf(format, args...))
}

// rest is what follows the next white space.
func (s *scanner) rest() []byte {
	for s.at < len(s.json) && isSpace(s.json[s.at]) {
		s.at++
	}
	return s.json[s.at:]
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// startsWith tells whether c is next, after white space.
func (s *scanner) startsWith(c byte) bool {
	rest := s.rest()
	return len(rest) > 0 && rest[0] == c
}

func (s *scanner) expect(c byte) error {
	if s.startsWith(c) {
		s.at++
		return nil
	}
	if s.at == len(s.json) {
		return s.errorf("it ends where %q is expected", c)
	}
	return s.errorf("%q where %q is expected", s.json[s.at], c)
}

// object reads an object. It calls member for each name, to read the value.
func (s *scanner) object(member func(name string) error) error {
	var seen map[string]bool
	defer func() { s.names -= len(seen) }()
	return s.list('{', '}', func() error {
		name, err := s.text(maxNameBytes)
		if err != nil {
			return err
		}
		if seen[name] {
			return s.errorf("the name %q stands twice", name)
		}
		if seen == nil {
			seen = map[string]bool{}
		}
		seen[name] = true
		if s.names++; s.names > maxNames {
			return s.errorf("more than %d names", maxNames)
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return member(name)
	})
}

// array reads an array. It calls element at each, to read it.
func (s *scanner) array(element func() error) error { return s.list('[', ']', element) }

func (s *scanner) list(first, last byte, item func() error) error {
	if err := s.expect(first); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return s.errorf("nested deeper than %d", maxDepth)
	}
	defer func() { s.depth-- }()
	if s.startsWith(last) {
		s.at++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if s.startsWith(last) {
			s.at++
			return nil
		}
		if err := s.expect(','); err != nil {
			return err
		}
	}
}

// text reads a string of at most limit bytes.
func (s *scanner) text(limit int) (string, error) {
	quoted, err := s.skipString()
	if err != nil {
		return "", err
	}
	const longestEscape = len(`\u0000`)
	if len(quoted) > longestEscape*limit {
		return "", s.errorf("a string longer than %d bytes", limit)
	}
	text := unquote(quoted)
	if len(text) > limit {
		return "", s.errorf("a string longer than %d bytes", limit)
	}
	return text, nil
}

// unquote is what a string stands for, of which skipString has checked each character: encoding/json
// would do so again, and of a tokenizer inside a file there are a million.
func unquote(quoted []byte) string {
	text := make([]byte, 0, len(quoted))
	for rest := quoted[1 : len(quoted)-1]; ; {
		plain := bytes.IndexByte(rest, '\\')
		if plain < 0 {
			return string(append(text, rest...))
		}
		text, rest = append(text, rest[:plain]...), rest[plain:]
		if unit, ok := escapedUnit(rest); ok {
			const size = len(`\u0000`)
			r := rune(unit)
			if rest = rest[size:]; utf16.IsSurrogate(r) {
				low, _ := escapedUnit(rest)
				r, rest = utf16.DecodeRune(r, rune(low)), rest[size:]
			}
			text = utf8.AppendRune(text, r)
			continue
		}
		c := rest[1]
		if i := strings.IndexByte("bfnrt", c); i >= 0 {
			c = "\b\f\n\r\t"[i]
		}
		text, rest = append(text, c), rest[2:]
	}
}

// integer reads a number that is written as an integer, from 0 to the largest int.
func (s *scanner) integer() (int, error) {
	literal, err := s.skipNumber()
	if err != nil {
		return 0, err
	}
	if len(literal) > len("18446744073709551616") {
		return 0, s.errorf("a number of %d characters where an integer is expected", len(literal))
	}
	n, err := strconv.ParseUint(string(literal), 10, strconv.IntSize-1)
	if err != nil {
		return 0, s.errorf("%s where an integer from 0 to 2^%d-1 is expected", literal, strconv.IntSize-1)
	}
	return int(n), nil
}

func (s *scanner) skipValue() error {
	switch {
	case s.startsWith('{'):
		return s.object(func(string) error { return s.skipValue() })
	case s.startsWith('['):
		return s.array(s.skipValue)
	case s.startsWith('"'):
		_, err := s.skipString()
		return err
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.rest(), []byte(word)) {
			s.at += len(word)
			return nil
		}
	}
	_, err := s.skipNumber()
	return err
}

// skipString moves past a string and returns it, its quotes included.
func (s *scanner) skipString() ([]byte, error) {
	if err := s.expect('"'); err != nil {
		return nil, err
	}
	start := s.at - 1
	for s.at < len(s.json) {
		c := s.json[s.at]
		switch {
		case c == '"':
			s.at++
			return s.json[start:s.at], nil
		case c < ' ':
			return nil, s.errorf("a control character in a string")
		case c == '\\':
			if err := s.skipEscape(); err != nil {
				return nil, err
			}
		default:
			s.at++
		}
	}
	return nil, s.errorf("it ends inside a string")
}

func (s *scanner) skipEscape() error {
	rest := s.json[s.at:]
	if len(rest) > 1 && bytes.IndexByte([]byte(`"\/bfnrt`), rest[1]) >= 0 {
		s.at += 2
		return nil
	}
	unit, ok := escapedUnit(rest)
	if !ok {
		return s.errorf("an escape that JSON does not have")
	}
	const size = len(`\u0000`)
	switch {
	case unit < 0xd800 || unit > 0xdfff:
		s.at += size
		return nil
	case unit < 0xdc00:
		if low, ok := escapedUnit(rest[size:]); ok && low >= 0xdc00 && low <= 0xdfff {
			s.at += 2 * size
			return nil
		}
	}
	return s.errorf("a lone surrogate")
}

// escapedUnit is the UTF-16 unit that escape begins with, written \uXXXX.
func escapedUnit(escape []byte) (uint64, bool) {
	if len(escape) < len(`\u0000`) || escape[0] != '\\' || escape[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(escape[2:6]), 16, 16)
	return unit, err == nil
}

// skipNumber moves past a number and returns it.
func (s *scanner) skipNumber() ([]byte, error) {
	number := s.rest()
	n := 0
	skip := func(a, b byte) bool {
		if n < len(number) && (number[n] == a || number[n] == b) {
			n++
			return true
		}
		return false
	}
	skipDigits := func() bool {
		start := n
		for n < len(number) && number[n] >= '0' && number[n] <= '9' {
			n++
		}
		return n > start
	}
	skip('-', '-')
	ok := skip('0', '0') || skipDigits()
	if ok && skip('.', '.') {
		ok = skipDigits()
	}
	if ok && skip('e', 'E') {
		skip('+', '-')
		ok = skipDigits()
	}
	if !ok {
		return nil, s.errorf("no value that JSON has")
	}
	s.at += n
	return number[:n], nil
}

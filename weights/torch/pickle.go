package torch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// Limits on what a hostile pickle can make us keep.
const (
	maxPickleBytes = 8 << 20
	maxThings      = 1 << 18
	maxGlobalBytes = 256
)

// What a pickle makes is nil, a bool, an int64, a float64, a string, or one of these.
type (
	tuple []any
	list  struct{ items []any }
	dict  struct {
		keys, values []any
		names        map[string]bool // those of the keys that are strings
	}
	global string // "module name"
	wide   []byte // an integer of more than 8 bytes, little-endian
)

// A machine runs a pickle (Python's pickletools.py says what each instruction does).
type machine struct {
	in     []byte
	at     int
	stack  []any
	marks  []int // heights of the stack
	memo   map[uint32]any
	things int

	// storage turns the id of something outside the pickle into it.
	storage func(id tuple) (*storage, error)
}

// run runs the pickle that in begins with, and returns what it leaves and its length.
func run(in []byte, storage func(id tuple) (*storage, error)) (any, int, error) {
	m := &machine{in: in[:min(len(in), maxPickleBytes)], memo: map[uint32]any{}, storage: storage}
	for {
		op, err := m.take(1)
		if err == nil && op[0] == opStop {
			var result any
			if result, err = m.pop(); err == nil && (len(m.stack) > 0 || len(m.marks) > 0) {
				err = errors.New("it stops with more than one thing on the stack")
			}
			if err == nil {
				return result, m.at, nil
			}
		}
		if err == nil {
			err = m.step(op[0])
		}
		if err != nil {
			return nil, 0, fmt.Errorf("byte %d of the pickle: %w", m.at, err)
		}
	}
}

func (m *machine) take(n uint64) ([]byte, error) {
	if left := len(m.in) - m.at; n > uint64(left) {
		if len(m.in) == maxPickleBytes {
			return nil, fmt.Errorf("it is longer than %d bytes", maxPickleBytes)
		}
		return nil, fmt.Errorf("%w: %d bytes are needed and %d are left", ErrIncomplete, n, left)
	}
	b := m.in[m.at:][:n]
	m.at += int(n)
	return b, nil
}

// number takes an unsigned integer of so many bytes.
func (m *machine) number(bytes uint64) (uint64, error) {
	b, err := m.take(bytes)
	if err != nil {
		return 0, err
	}
	var whole [8]byte
	copy(whole[:], b)
	return binary.LittleEndian.Uint64(whole[:]), nil
}

func (m *machine) push(v any, err error) error {
	if err != nil {
		return err
	}
	if m.things++; m.things > maxThings {
		return fmt.Errorf("more than %d things", maxThings)
	}
	m.stack = append(m.stack, v)
	return nil
}

var errEmpty = errors.New("nothing is on the stack")

// pop takes what lies on top, but not below the last mark.
func (m *machine) pop() (any, error) {
	floor := 0
	if len(m.marks) > 0 {
		floor = m.marks[len(m.marks)-1]
	}
	if len(m.stack) == floor {
		return nil, errEmpty
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

// popMarked takes what lies above the last mark, for the time until the next push.
func (m *machine) popMarked() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("there is no mark")
	}
	mark := m.marks[len(m.marks)-1]
	m.marks = m.marks[:len(m.marks)-1]
	items := m.stack[mark:]
	m.stack = m.stack[:mark]
	return items, nil
}

// top is what lies on top, as a T.
func top[T any](m *machine, what string) (T, error) {
	var none T
	v, err := m.pop()
	if err != nil {
		return none, err
	}
	m.stack = append(m.stack, v)
	t, ok := v.(T)
	if !ok {
		return none, fmt.Errorf("%s where %s is expected", kind(v), what)
	}
	return t, nil
}

// text takes a string whose length is in so many bytes.
func (m *machine) text(lengthBytes uint64) (string, error) {
	n, err := m.number(lengthBytes)
	if err != nil {
		return "", err
	}
	b, err := m.take(n)
	if err == nil && !utf8.Valid(b) {
		err = errors.New("a string is not valid UTF-8")
	}
	return string(b), err
}

// long takes an integer in two's complement, whose length is in a byte.
func (m *machine) long() (any, error) {
	n, err := m.number(1)
	if err != nil {
		return nil, err
	}
	b, err := m.take(n)
	if err != nil || n == 0 {
		return int64(0), err
	}
	if n > 8 {
		return wide(slices.Clone(b)), nil
	}
	var whole [8]byte
	if b[n-1]&0x80 != 0 {
		whole = [8]byte{255, 255, 255, 255, 255, 255, 255, 255}
	}
	copy(whole[:], b)
	return int64(binary.LittleEndian.Uint64(whole[:])), nil
}

func (m *machine) float() (any, error) {
	b, err := m.take(8)
	if err != nil {
		return nil, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

// line takes a line of text.
func (m *machine) line() (string, error) {
	end := slices.Index(m.in[m.at:min(m.at+maxGlobalBytes, len(m.in))], '\n')
	if end < 0 {
		return "", fmt.Errorf("no line of at most %d bytes", maxGlobalBytes)
	}
	b, err := m.take(uint64(end + 1))
	return string(b[:end]), err
}

func (d *dict) set(key, value any) error {
	if name, ok := key.(string); ok {
		if d.names[name] {
			return fmt.Errorf("the key %.80q stands twice", name)
		}
		if d.names == nil {
			d.names = map[string]bool{}
		}
		d.names[name] = true
	}
	switch key.(type) {
	case *list, *dict:
		return fmt.Errorf("%s as a key", kind(key))
	}
	d.keys, d.values = append(d.keys, key), append(d.values, value)
	return nil
}

// kind says in words what v is.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int64, wide:
		return "an integer"
	case float64:
		return "a float"
	case string:
		return "a string"
	case tuple:
		return "a tuple"
	case *list:
		return "a list"
	case *dict:
		return "a dictionary"
	case global:
		return string(v)
	case *storage:
		return "a storage"
	case *Tensor:
		return "a tensor"
	}
	panic(fmt.Sprintf("torch: a %T on the stack", v))
}

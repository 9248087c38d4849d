package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrIncomplete is wrapped by the errors of files that seem to have lost their end.
var ErrIncomplete = errors.New("the file ends early")

// Limits on what a hostile file can make us keep or walk through.
const (
	maxPairs      = 1 << 13
	maxKeyBytes   = 1 << 10
	maxTextBytes  = 16 << 20
	maxElements   = 1 << 26
	maxTensors    = 1 << 15
	maxNameBytes  = 63 // GGML_MAX_NAME less its NUL
	maxDimensions = 4
)

// A reader takes a file apart from the front.
type reader struct {
	file []byte
	at   int
}

func (r *reader) take(n uint64, what string) ([]byte, error) {
	if left := len(r.file) - r.at; n > uint64(left) {
		return nil, fmt.Errorf("%w: %s of %d bytes at byte %d, and %d are left", ErrIncomplete, what, n, r.at, left)
	}
	b := r.file[r.at:][:n:n]
	r.at += int(n)
	return b, nil
}

func (r *reader) uint32(what string) (uint32, error) {
	b, err := r.take(4, what)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (r *reader) uint64(what string) (uint64, error) {
	b, err := r.take(8, what)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// fits checks a number of things, each of which takes at least so many bytes of what is left.
func (r *reader) fits(n uint64, what string, most, bytesEach uint64) (int, error) {
	switch {
	case n > most:
		return 0, fmt.Errorf("%d %s are more than %d", n, what, most)
	case n*bytesEach > uint64(len(r.file)-r.at):
		return 0, fmt.Errorf("%w: %d %s do not fit into the %d bytes that are left", ErrIncomplete, n, what, len(r.file)-r.at)
	}
	return int(n), nil
}

// text reads a string: its length and its bytes, which stay in the file.
func (r *reader) text(what string, most uint64) ([]byte, error) {
	n, err := r.uint64(what)
	if err != nil {
		return nil, err
	}
	if n > most {
		return nil, fmt.Errorf("%s at byte %d has %d bytes, more than %d", what, r.at, n, most)
	}
	return r.take(n, what)
}

// product multiplies sizes that are not negative. It is false where that overflows.
func product(sizes ...int) (int, bool) {
	p := 1
	for _, n := range sizes {
		if n != 0 && p > math.MaxInt/n {
			return 0, false
		}
		p *= n
	}
	return p, true
}

// pad rounds n up to a multiple of alignment, a power of two. It is false where that overflows.
func pad(n, alignment int) (int, bool) {
	if n > math.MaxInt-(alignment-1) {
		return 0, false
	}
	return (n + alignment - 1) &^ (alignment - 1), true
}

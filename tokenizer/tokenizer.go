package tokenizer

import (
	"errors"
	"fmt"
	"io/fs"
)

// Tokenizer turns text into ids and back. It is safe for concurrent use.
type Tokenizer interface {
	// Encode gives the ids of text. Special and other added tokens that the text spells out are
	// recognised; none are added. Text that is not valid UTF-8 is read as Decode would write it,
	// with U+FFFD for what is broken.
	Encode(text string) []int

	// Decode gives the text of ids, special tokens written out, with U+FFFD for bytes that are not
	// UTF-8: one for each maximal part of a character (Unicode 16.0, section 3.9, "U+FFFD
	// Substitution of Maximal Subparts"). An id that stands for nothing is left out.
	Decode(ids []int) string

	// Token gives the vocabulary's own spelling of id, such as "Ġworld", and "" where there is none.
	Token(id int) string

	// Bytes gives the bytes that id stands for, nil where there is none. They need not be whole characters.
	Bytes(id int) []byte

	// Special reports whether id is a special token, such as "<|endoftext|>".
	Special(id int) bool

	// ID is the inverse of Token.
	ID(token string) (id int, ok bool)

	// Size is one more than the largest id. Ids below it may stand for nothing.
	Size() int

	// Close frees what the implementation holds outside Go's memory; the tokenizer is not to be used after it.
	Close() error
}

var (
	// ErrNone says that a folder holds no tokenizer files.
	ErrNone = errors.New("no tokenizer: neither tokenizer.json nor vocab.json with merges.txt is there")

	// ErrNeedsDaulet says that a tokenizer.json asks for something that the Go implementation would
	// not compute exactly.
	ErrNeedsDaulet = errors.New("only the daulet tokenizer does this (build with -tags daulet)")
)

// Open reads the tokenizer of a model's folder with the Go implementation. The error is [ErrNone]
// where there is none and [ErrNeedsDaulet] where it cannot be honoured exactly.
func Open(dir fs.FS) (Tokenizer, error) {
	d, err := readDocument(dir)
	if err != nil {
		return nil, err
	}
	t, err := newBPE(d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.file, err)
	}
	return t, nil
}

// OpenWith is Open with the implementation named: "go", or "daulet" in a build with that tag.
func OpenWith(backend string, dir fs.FS) (Tokenizer, error) {
	switch backend {
	case "go":
		return Open(dir)
	case "daulet":
		return openDaulet(dir)
	}
	return nil, fmt.Errorf("tokenizer %q: it is \"go\" or \"daulet\"", backend)
}

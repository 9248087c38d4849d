package gguf

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

const (
	magic            = "GGUF"
	alignmentKey     = "general.alignment"
	defaultAlignment = 32
	maxAlignment     = 1 << 30
)

// A File is a parsed file. It refers to the bytes that it was parsed from.
type File struct {
	Version uint32
	Tensors []Tensor // in the order of their data

	metadata map[string]Value
}

// A Tensor is an entry of a file: a name, and where its numbers lie.
type Tensor struct {
	Name       string
	Type       Type
	Shape      []int // row-major: the last is the one whose elements adjoin
	Begin, End int   // from the start of the file
}

// Value finds what the metadata say under key.
func (f *File) Value(key string) (v Value, ok bool) {
	v, ok = f.metadata[key]
	return v, ok
}

// Parse checks that file is a GGUF file, whole, and finds its metadata and tensors.
func Parse(file []byte) (*File, error) {
	r := &reader{file: file}
	if start, err := r.take(uint64(len(magic)), "magic"); err != nil || string(start) != magic {
		return nil, errors.New("it does not begin with " + magic)
	}
	f := &File{}
	var err error
	if f.Version, err = r.uint32("version"); err != nil {
		return nil, err
	}
	switch {
	case f.Version&0xffff == 0:
		return nil, errors.New("it is big-endian, or of no version")
	case f.Version != 2 && f.Version != 3:
		return nil, fmt.Errorf("version %d is neither 2 nor 3", f.Version)
	}
	nTensors, err := r.uint64("number of tensors")
	if err != nil {
		return nil, err
	}
	nPairs, err := r.uint64("number of pairs")
	if err != nil {
		return nil, err
	}
	const leastTensor, leastPair = 8 + 4 + 4 + 8, 8 + 4 + 1 // bytes
	tensors, err := r.fits(nTensors, "tensors", maxTensors, leastTensor)
	if err != nil {
		return nil, err
	}
	pairs, err := r.fits(nPairs, "pairs of metadata", maxPairs, leastPair)
	if err != nil {
		return nil, err
	}
	if f.metadata, err = r.pairs(pairs); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	if tensors == 0 {
		return nil, errors.New("it lists no tensor")
	}
	alignment, err := f.alignment()
	if err != nil {
		return nil, fmt.Errorf("%s is %w", alignmentKey, err)
	}
	if f.Tensors, err = r.tensors(tensors); err != nil {
		return nil, err
	}
	return f, f.place(r.at, alignment, len(file))
}

func (r *reader) pairs(n int) (map[string]Value, error) {
	pairs := make(map[string]Value, n)
	for i := range n {
		key, err := r.text("key", maxKeyBytes)
		if err != nil {
			return nil, fmt.Errorf("pair %d: %w", i, err)
		}
		if len(key) == 0 || slices.ContainsFunc(key, func(b byte) bool { return b <= ' ' || b > '~' }) {
			return nil, fmt.Errorf("pair %d: the key %q is no word of ASCII", i, key)
		}
		if _, twice := pairs[string(key)]; twice {
			return nil, fmt.Errorf("the key %q stands twice", key)
		}
		code, err := r.uint32("type of a value")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if pairs[string(key)], err = r.value(kind(code)); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return pairs, nil
}

func (f *File) alignment() (int, error) {
	v, ok := f.metadata[alignmentKey]
	if !ok {
		return defaultAlignment, nil
	}
	if v.kind != kindUint32 {
		return 0, v.isNot("uint32")
	}
	n, err := v.Integer()
	if err == nil && (n == 0 || n&(n-1) != 0 || n > maxAlignment) {
		err = fmt.Errorf("%d, no power of two up to %d", n, maxAlignment)
	}
	return int(n), err
}

// tensors reads the entries. What is at Begin is the offset that the file states, and at End the size.
func (r *reader) tensors(n int) ([]Tensor, error) {
	tensors, names := make([]Tensor, 0, n), make(map[string]bool, n)
	for i := range n {
		name, err := r.text("name", maxNameBytes)
		if err != nil {
			return nil, fmt.Errorf("tensor %d: %w", i, err)
		}
		if !utf8.Valid(name) {
			return nil, fmt.Errorf("tensor %d: the name %q is not valid UTF-8", i, name)
		}
		t := Tensor{Name: string(name)}
		if names[t.Name] {
			return nil, fmt.Errorf("the tensor %q stands twice", name)
		}
		names[t.Name] = true
		if err := r.tensor(&t); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

func (r *reader) tensor(t *Tensor) error {
	rank, err := r.uint32("number of dimensions")
	if err != nil {
		return err
	}
	if rank > maxDimensions {
		return fmt.Errorf("%d dimensions are more than %d", rank, maxDimensions)
	}
	t.Shape = make([]int, rank)
	for i := range t.Shape {
		n, err := r.uint64("dimension")
		if err != nil {
			return err
		}
		if n == 0 || n > math.MaxInt {
			return fmt.Errorf("dimension %d is %d", i, n)
		}
		t.Shape[len(t.Shape)-1-i] = int(n)
	}
	code, err := r.uint32("type of a tensor")
	if err != nil {
		return err
	}
	t.Type = Type(code)
	if t.End, err = t.Type.size(t.Shape); err != nil {
		return err
	}
	offset, err := r.uint64("offset")
	if err != nil {
		return err
	}
	if offset > math.MaxInt {
		return fmt.Errorf("offset %d", offset)
	}
	t.Begin = int(offset)
	return nil
}

// place turns offsets and sizes into places in the file of so many bytes, and checks that the
// tensors follow each other as the alignment has it, from the end of their entries on.
func (f *File) place(entries, alignment, fileBytes int) error {
	data, ok := pad(entries, alignment)
	next := 0
	for i := range f.Tensors {
		t := &f.Tensors[i]
		size := t.End
		if t.Begin != next {
			return fmt.Errorf("tensor %q has offset %d where %d is expected", t.Name, t.Begin, next)
		}
		if !ok || size > fileBytes-data-next { // data + next is at most the padded end of the tensor before
			return fmt.Errorf("%w: tensor %q takes %d bytes from byte %d on and the file has %d", ErrIncomplete, t.Name, size, data+next, fileBytes)
		}
		t.Begin = data + next
		t.End = t.Begin + size
		next, ok = pad(next+size, alignment)
	}
	if end := data + next; ok && fileBytes > end {
		return fmt.Errorf("%d bytes follow the last tensor, which ends at %d", fileBytes-end, end)
	}
	return nil
}

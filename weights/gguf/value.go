package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"unicode/utf8"
)

// A kind is the type of a value, by the numbers that files have.
type kind uint32

const (
	kindUint8 kind = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindText
	kindArray
	kindUint64
	kindInt64
	kindFloat64
	kinds
)

var kindNames = [kinds]string{"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "bool", "string", "array", "uint64", "int64", "float64"}

// kindBytes are the sizes of scalars.
var kindBytes = [kinds]int{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}

func (k kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("type %d", uint32(k))
}

// A Value is what a file's metadata say under a key: a number, a bool, a string, or an array of these.
type Value struct {
	kind    kind
	element kind   // of an array
	n       int    // elements of an array
	data    []byte // in the file: a scalar, the text of a string, the elements of an array
}

// value reads a value whose kind is known.
func (r *reader) value(k kind) (Value, error) {
	switch {
	case k >= kinds:
		return Value{}, fmt.Errorf("%v is none that GGUF has", k)
	case k == kindText:
		text, err := r.text("string", maxTextBytes)
		return Value{kind: k, data: text}, err
	case k == kindArray:
		return r.array()
	}
	data, err := r.take(uint64(kindBytes[k]), k.String())
	if err == nil && k == kindBool && data[0] > 1 {
		err = fmt.Errorf("a bool is %d", data[0])
	}
	return Value{kind: k, data: data}, err
}

// array walks over an array, so that whoever reads it need not check again.
func (r *reader) array() (Value, error) {
	code, err := r.uint32("type of elements")
	if err != nil {
		return Value{}, err
	}
	v := Value{kind: kindArray, element: kind(code)}
	if v.element >= kinds || v.element == kindArray {
		return v, fmt.Errorf("an array of elements of %v", v.element)
	}
	const lengthBytes = 8 // before each string
	each := uint64(max(kindBytes[v.element], 1))
	if v.element == kindText {
		each = lengthBytes
	}
	n, err := r.uint64("number of elements")
	if err != nil {
		return v, err
	}
	if v.n, err = r.fits(n, "elements", maxElements, each); err != nil {
		return v, err
	}
	start := r.at
	if v.element == kindText {
		for range v.n {
			if _, err := r.text("string", maxTextBytes); err != nil {
				return v, err
			}
		}
	} else {
		data, err := r.take(uint64(v.n)*each, "elements")
		if err != nil {
			return v, err
		}
		for _, b := range data {
			if v.element == kindBool && b > 1 {
				return v, fmt.Errorf("a bool is %d", b)
			}
		}
	}
	v.data = r.file[start:r.at]
	return v, nil
}

func (v Value) isNot(what string) error {
	if v.kind == kindArray {
		return fmt.Errorf("an array of %v, not %s", v.element, what)
	}
	return fmt.Errorf("of %v, not %s", v.kind, what)
}

// Len is the number of elements of an array, and 1 for everything else.
func (v Value) Len() int {
	if v.kind == kindArray {
		return v.n
	}
	return 1
}

// Integer is the value of an integer of any size.
func (v Value) Integer() (int64, error) {
	if v.kind == kindArray {
		return 0, v.isNot("an integer")
	}
	return integer(v.kind, v.data)
}

func integer(k kind, b []byte) (int64, error) {
	switch k {
	case kindUint8:
		return int64(b[0]), nil
	case kindInt8:
		return int64(int8(b[0])), nil
	case kindUint16:
		return int64(binary.LittleEndian.Uint16(b)), nil
	case kindInt16:
		return int64(int16(binary.LittleEndian.Uint16(b))), nil
	case kindUint32:
		return int64(binary.LittleEndian.Uint32(b)), nil
	case kindInt32:
		return int64(int32(binary.LittleEndian.Uint32(b))), nil
	case kindInt64:
		return int64(binary.LittleEndian.Uint64(b)), nil
	case kindUint64:
		if n := binary.LittleEndian.Uint64(b); n <= math.MaxInt64 {
			return int64(n), nil
		}
		return 0, errors.New("larger than 2^63-1")
	}
	return 0, Value{kind: k}.isNot("an integer")
}

// Float is the value of a float32.
func (v Value) Float() (float32, error) {
	if v.kind != kindFloat32 {
		return 0, v.isNot("a float32")
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(v.data)), nil
}

// Bool is the value of a bool.
func (v Value) Bool() (bool, error) {
	if v.kind != kindBool {
		return false, v.isNot("a bool")
	}
	return v.data[0] == 1, nil
}

// Text is a copy of a string.
func (v Value) Text() (string, error) {
	if v.kind != kindText {
		return "", v.isNot("a string")
	}
	if !utf8.Valid(v.data) {
		return "", errors.New("not valid UTF-8")
	}
	return string(v.data), nil
}

// Texts are the elements of an array of strings, one after the other, each for the time of one
// turn: they lie in the file.
func (v Value) Texts() (iter.Seq2[int, []byte], error) {
	if v.kind != kindArray || v.element != kindText {
		return nil, v.isNot("an array of strings")
	}
	return func(yield func(int, []byte) bool) {
		r := reader{file: v.data}
		for i := range v.n {
			text, err := r.text("string", maxTextBytes)
			if err != nil {
				panic(err) // array has walked over all of them
			}
			if !yield(i, text) {
				return
			}
		}
	}, nil
}

// IntegerAt is element i, from 0 to Len, of an array of integers.
func (v Value) IntegerAt(i int) (int64, error) {
	if v.kind != kindArray {
		return 0, v.isNot("an array of integers")
	}
	if n := kindBytes[v.element]; n > 0 {
		return integer(v.element, v.data[i*n:])
	}
	return 0, v.isNot("an array of integers")
}

// Equal tells whether two values are of the same kind and say the same.
func (v Value) Equal(other Value) bool {
	return v.kind == other.kind && v.element == other.element && v.n == other.n && bytes.Equal(v.data, other.data)
}

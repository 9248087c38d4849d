package gguf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/x448/float16"
)

// A Pair is a key and a value to write: a string, bool, uint32 or float32, or a slice of strings or
// of int32.
type Pair struct {
	Key   string
	Value any
}

// A Source is a tensor to write.
type Source struct {
	Name  string
	Type  Type                    // F32, F16 or BF16
	Shape []int                   // row-major
	Write func(w io.Writer) error // its elements, as Encode makes them
}

// Write writes a file of version 3, in one run.
func Write(w io.Writer, metadata []Pair, tensors []Source) error {
	out := &writer{w: bufio.NewWriterSize(w, 1<<20)}
	out.raw([]byte(magic))
	out.number(uint32(3), uint64(len(tensors)), uint64(len(metadata)))
	for _, p := range metadata {
		out.text(p.Key)
		out.value(p.Value)
	}
	offset := 0
	for _, t := range tensors {
		out.text(t.Name)
		out.number(uint32(len(t.Shape)))
		for i := range t.Shape {
			out.number(uint64(t.Shape[len(t.Shape)-1-i]))
		}
		out.number(uint32(t.Type), uint64(offset))
		size, err := t.Type.size(t.Shape)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		offset, _ = pad(offset+size, defaultAlignment)
	}
	for _, t := range tensors {
		out.align()
		if out.err != nil {
			return out.err
		}
		start := out.written
		if err := t.Write(out); err != nil {
			return err
		}
		if size, _ := t.Type.size(t.Shape); out.err == nil && out.written-start != size {
			return fmt.Errorf("tensor %q: %d bytes were written, not %d", t.Name, out.written-start, size)
		}
	}
	out.align()
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

// A writer keeps its first error, and counts.
type writer struct {
	w       *bufio.Writer
	written int
	err     error
}

func (w *writer) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.w.Write(b)
	w.written, w.err = w.written+n, err
	return n, err
}

func (w *writer) raw(b []byte) { w.Write(b) }

func (w *writer) number(values ...any) {
	for _, v := range values {
		if w.err == nil {
			w.err = binary.Write(w, binary.LittleEndian, v)
		}
	}
}

func (w *writer) text(s string) {
	w.raw(append(binary.LittleEndian.AppendUint64(make([]byte, 0, 64), uint64(len(s))), s...))
}

func (w *writer) align() {
	if end, _ := pad(w.written, defaultAlignment); end > w.written {
		w.raw(make([]byte, end-w.written))
	}
}

func (w *writer) value(v any) {
	switch v := v.(type) {
	case string:
		w.number(uint32(kindText))
		w.text(v)
	case bool:
		w.number(uint32(kindBool), v)
	case uint32:
		w.number(uint32(kindUint32), v)
	case float32:
		w.number(uint32(kindFloat32), v)
	case []string:
		w.number(uint32(kindArray), uint32(kindText), uint64(len(v)))
		for _, s := range v {
			w.text(s)
		}
	case []int32:
		w.number(uint32(kindArray), uint32(kindInt32), uint64(len(v)), v)
	default:
		panic(fmt.Sprintf("gguf: no value of type %T can be written", v))
	}
}

// Encode appends numbers in a type of single elements (F32, F16 or BF16), rounded to the nearest, ties to even.
func (t Type) Encode(to []byte, numbers []float32) []byte {
	for _, x := range numbers {
		switch t {
		case F32:
			to = binary.LittleEndian.AppendUint32(to, math.Float32bits(x))
		case F16:
			to = binary.LittleEndian.AppendUint16(to, float16.Fromfloat32(x).Bits())
		case BF16:
			to = binary.LittleEndian.AppendUint16(to, bfloat16(x))
		default:
			panic("gguf: " + t.String() + " cannot be written")
		}
	}
	return to
}

// bfloat16 is the upper half of a float32, rounded; a NaN stays one.
func bfloat16(x float32) uint16 {
	bits := math.Float32bits(x)
	if x != x {
		return uint16(bits>>16) | 0x40
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

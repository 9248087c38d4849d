package torch

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrIncomplete is wrapped by the errors of files that seem to have lost their end.
var ErrIncomplete = errors.New("the file ends early")

// A Tensor is where the numbers of a tensor lie. Several may share a storage.
type Tensor struct {
	Name    string
	DType   string // in the words of safetensors: F64, F32, F16, BF16, I64, …
	Shape   []int
	Strides []int // element (i, j) is i·Strides[0] + j·Strides[1] elements behind the first
	Offset  int   // of the first element in the storage, in elements
	Begin   int   // of the storage in the file, in bytes
	End     int   // of the storage

	storage *storage
}

// newTensor checks that all elements lie in the storage.
func newTensor(s *storage, offset int, shape, strides []int) (*Tensor, error) {
	t := &Tensor{DType: s.dtype, Shape: shape, Strides: strides, Offset: offset, storage: s}
	if len(shape) != len(strides) {
		return nil, fmt.Errorf("%d sizes and %d strides", len(shape), len(strides))
	}
	if offset > s.elements {
		return nil, fmt.Errorf("it begins at %d in a storage of %d elements", offset, s.elements)
	}
	if slices.Contains(shape, 0) {
		return t, nil
	}
	elements, last := 1, offset
	for i, n := range shape {
		if elements > s.elements/n {
			return nil, fmt.Errorf("shape %v has more elements than its storage, %d", shape, s.elements)
		}
		elements *= n
		if n > 1 && strides[i] > (s.elements-last)/(n-1) {
			return nil, fmt.Errorf("shape %v with strides %v leaves its storage of %d elements", shape, strides, s.elements)
		}
		last += (n - 1) * strides[i]
	}
	if last >= s.elements {
		return nil, fmt.Errorf("shape %v with strides %v ends at %d in a storage of %d elements", shape, strides, last, s.elements)
	}
	return t, nil
}

// Contiguous tells whether the elements follow each other in row-major order.
func (t *Tensor) Contiguous() bool {
	next := 1
	for i := len(t.Shape) - 1; i >= 0; i-- {
		if t.Shape[i] != 1 && t.Strides[i] != next {
			return false
		}
		next *= t.Shape[i]
	}
	return true
}

// newStorage reads the id that a pickle has for a storage: "storage", its type, its key in the file,
// the device that it was on, and its elements; in the legacy form also which part of another it is.
func newStorage(id tuple) (*storage, string, error) {
	if len(id) != 5 && len(id) != 6 {
		return nil, "", fmt.Errorf("the id of a storage has %d parts", len(id))
	}
	if name, ok := id[0].(string); !ok || name != "storage" {
		return nil, "", fmt.Errorf("%s where the word storage is expected", kind(id[0]))
	}
	class, ok := id[1].(global)
	s, known := storageTypes[class]
	if !ok || !known {
		return nil, "", fmt.Errorf("%s where the type of a storage is expected", kind(id[1]))
	}
	key, ok := id[2].(string)
	if !ok {
		return nil, "", fmt.Errorf("%s where the key of a storage is expected", kind(id[2]))
	}
	if len(id) == 6 && id[5] != nil {
		return nil, "", fmt.Errorf("storage %.80q is a part of another, as PyTorch had it before 0.4", key)
	}
	var err error
	if s.elements, err = index(id[4]); err == nil && s.elements > math.MaxInt/s.size {
		err = fmt.Errorf("%d elements are too many to address", s.elements)
	}
	if err != nil {
		return nil, "", fmt.Errorf("storage %.80q: %w", key, err)
	}
	return &s, key, nil
}

// Parse finds the tensors of the dictionary that a file holds, in its order. What else stands in the
// dictionary is left out.
func Parse(file []byte) ([]*Tensor, error) {
	if bytes.HasPrefix(file, []byte("PK\x03\x04")) {
		return parseArchive(file)
	}
	return parseLegacy(file)
}

// tensors are those of the dictionary that a pickle made.
func tensors(made any) ([]*Tensor, error) {
	d, ok := made.(*dict)
	if !ok {
		return nil, fmt.Errorf("it holds %s, not a dictionary of tensors", kind(made))
	}
	var list []*Tensor
	for i, key := range d.keys {
		name, ok := key.(string)
		t, isTensor := d.values[i].(*Tensor)
		if !ok || !isTensor {
			continue
		}
		named := *t // it may stand under two names
		named.Name = name
		named.Begin = t.storage.begin
		named.End = named.Begin + t.storage.elements*t.storage.size
		list = append(list, &named)
	}
	if len(list) == 0 {
		return nil, errors.New("its dictionary has no tensor at the top")
	}
	return list, nil
}

package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

const (
	lengthBytes    = 8           // the header's length, before it
	maxHeaderBytes = 100_000_000 // the format's own limit
	maxRank        = 8
)

// safetensor is a tensor of a safetensors file and its place there.
type safetensor struct {
	TensorInfo
	begin, end int // from the start of the file
}

// header is what the header of a safetensors file says: its tensors in the order of their data, and
// the metadata of packed files.
type header struct {
	tensors []safetensor
	packedMetadata
}

// parseSafetensors checks that file is a safetensors file, whole.
func parseSafetensors(file []byte) (header, error) {
	text, err := cutHeader(file)
	if err != nil {
		return header{}, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return header{}, fmt.Errorf("header: %w", err)
	}
	if len(h.tensors) == 0 {
		return header{}, errors.New("header: it lists no tensor")
	}
	data := lengthBytes + len(text)
	if err := checkCover(h.tensors, len(file)-data); err != nil {
		return header{}, err
	}
	for i := range h.tensors {
		h.tensors[i].begin += data
		h.tensors[i].end += data
	}
	return h, nil
}

// cutHeader returns the JSON text between the header's length and the data.
func cutHeader(file []byte) ([]byte, error) {
	if err := checkPointer(file); err != nil {
		return nil, err
	}
	if len(file) < lengthBytes {
		return nil, fmt.Errorf("%d bytes are too few for a safetensors file", len(file))
	}
	length := binary.LittleEndian.Uint64(file)
	if length > maxHeaderBytes {
		return nil, fmt.Errorf("header of %d bytes is longer than the %d that the format allows", length, maxHeaderBytes)
	}
	if length > uint64(len(file)-lengthBytes) {
		return nil, incomplete("header ends at %d but the file has %d bytes", lengthBytes+length, len(file))
	}
	return file[lengthBytes:][:length], nil
}

// checkPointer refuses what stands in the place of a file that Git LFS has not fetched.
func checkPointer(file []byte) error {
	if bytes.HasPrefix(file, []byte("version https://git-lfs")) {
		return withHint(errors.New("a pointer of Git LFS, not the weights"), "run `git lfs pull` in that folder")
	}
	return nil
}

// parseHeader reads the header. The tensors' places are still relative to the data.
func parseHeader(text []byte) (h header, err error) {
	if !bytes.HasPrefix(text, []byte("{")) {
		return h, errors.New("it does not begin with {")
	}
	s, err := newScanner(text)
	if err != nil {
		return h, err
	}
	err = s.object(func(name string) error {
		if name == "__metadata__" {
			return s.object(func(key string) error { return h.read(s, key) })
		}
		t, err := parseEntry(s, name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		h.tensors = append(h.tensors, t)
		return nil
	})
	if err != nil {
		return h, err
	}
	if padding := bytes.TrimLeft(text[s.at:], " "); len(padding) > 0 {
		return h, s.errorf("something other than spaces follows")
	}
	return h, nil
}

// parseEntry reads what the header says about one tensor. Keys that it does not know are ignored.
func parseEntry(s *scanner, name string) (safetensor, error) {
	t := safetensor{TensorInfo: TensorInfo{Name: name}}
	var offsets []int
	err := s.object(func(key string) (err error) {
		switch key {
		case "dtype":
			t.DType, err = s.text(maxNameBytes)
		case "shape":
			t.Shape, err = parseInts(s, maxRank)
		case "data_offsets":
			offsets, err = parseInts(s, 2)
		default:
			err = s.skipValue()
		}
		return err
	})
	if err != nil {
		return t, err
	}
	switch {
	case t.DType == "":
		return t, s.errorf("dtype is missing")
	case t.Shape == nil:
		return t, s.errorf("shape is missing")
	case offsets == nil:
		return t, s.errorf("data_offsets is missing")
	}
	if len(offsets) != 2 || offsets[0] > offsets[1] {
		return t, fmt.Errorf("data_offsets %v are no begin and end", offsets)
	}
	t.begin, t.end = offsets[0], offsets[1]
	t.Bytes = int64(t.end - t.begin)
	return t, checkSize(t)
}

func parseInts(s *scanner, limit int) ([]int, error) {
	ints := []int{}
	err := s.array(func() error {
		n, err := s.integer()
		if err != nil {
			return err
		}
		if len(ints) == limit {
			return s.errorf("more than %d numbers", limit)
		}
		ints = append(ints, n)
		return nil
	})
	return ints, err
}

// checkSize checks that a tensor takes as many bytes as its shape and dtype say.
func checkSize(t safetensor) error {
	d, ok := dtypes[t.DType]
	if !ok {
		return fmt.Errorf("unsupported dtype %q", t.DType)
	}
	size := d.bytes
	for _, n := range t.Shape {
		if n > 0 && size > math.MaxInt/n {
			return fmt.Errorf("shape %v is too large to address", t.Shape)
		}
		size *= n
	}
	if size != t.end-t.begin {
		return fmt.Errorf("shape %v of %s takes %d bytes but data_offsets %d to %d are %d",
			t.Shape, t.DType, size, t.begin, t.end, t.end-t.begin)
	}
	return nil
}

// checkCover sorts the tensors by place and checks that they cover the data: each begins where the
// one before ends, the first at 0, and the last ends where the data do.
func checkCover(tensors []safetensor, dataBytes int) error {
	slices.SortFunc(tensors, func(a, b safetensor) int {
		if a.begin != b.begin {
			return a.begin - b.begin
		}
		return a.end - b.end
	})
	end := 0
	for _, t := range tensors {
		switch {
		case t.begin < end:
			return fmt.Errorf("tensor %q begins at %d, inside the one that ends at %d", t.Name, t.begin, end)
		case t.begin > end:
			return fmt.Errorf("tensor %q begins at %d and leaves a hole after %d", t.Name, t.begin, end)
		case t.end > dataBytes:
			return incomplete("tensor %q ends at %d but the file has %d bytes of data", t.Name, t.end, dataBytes)
		}
		end = t.end
	}
	if end < dataBytes {
		return fmt.Errorf("%d bytes follow the last tensor, which ends at %d", dataBytes-end, end)
	}
	return nil
}

func incomplete(format string, args ...any) error {
	return withHint(fmt.Errorf(format, args...), "the file seems incomplete: download or copy it again")
}

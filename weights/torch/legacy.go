package torch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// legacyMagic is torch.serialization.MAGIC_NUMBER, little-endian.
var legacyMagic = wide{0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19}

const (
	legacyVersion = 1001
	elementsBytes = 8 // their number, before the data of a storage
)

// parseLegacy reads the form before PyTorch 1.6: pickles of a magic number, the version, the machine
// that wrote it, the dictionary, and the keys of storages; then these, each its number of elements
// and its data.
func parseLegacy(file []byte) ([]*Tensor, error) {
	if len(file) == 0 || file[0] != opProto {
		return nil, errors.New("neither an archive nor a pickle")
	}
	r := &legacy{file: file, storages: map[string]*storage{}}
	if magic, err := r.next(); err != nil || !isMagic(magic) {
		return nil, errors.New("a pickle that does not begin as torch.save has it")
	}
	version, err := r.next()
	if err == nil && version != int64(legacyVersion) {
		err = fmt.Errorf("a version other than %d", legacyVersion)
	}
	if err != nil {
		return nil, err
	}
	if err := r.machine(); err != nil {
		return nil, err
	}
	made, err := r.next()
	if err != nil {
		return nil, err
	}
	if err := r.place(); err != nil {
		return nil, err
	}
	return tensors(made)
}

func isMagic(v any) bool {
	w, ok := v.(wide)
	return ok && bytes.Equal(w, legacyMagic)
}

type legacy struct {
	file     []byte
	at       int
	storages map[string]*storage
}

func (r *legacy) next() (any, error) {
	v, length, err := run(r.file[r.at:], r.storage)
	if err != nil {
		return nil, fmt.Errorf("from byte %d on: %w", r.at, err)
	}
	r.at += length
	return v, nil
}

func (r *legacy) storage(id tuple) (*storage, error) {
	s, key, err := newStorage(id)
	if err != nil {
		return nil, err
	}
	if known, ok := r.storages[key]; ok {
		if known.dtype != s.dtype || known.elements != s.elements {
			return nil, fmt.Errorf("storage %.80q has %d elements of %s here and %d of %s there", key, s.elements, s.dtype, known.elements, known.dtype)
		}
		return known, nil
	}
	r.storages[key] = s
	return s, nil
}

// machine reads what is said of the machine that wrote the file.
func (r *legacy) machine() error {
	v, err := r.next()
	if err != nil {
		return err
	}
	d, ok := v.(*dict)
	if !ok {
		return fmt.Errorf("%s where the machine is to be described", kind(v))
	}
	for i, key := range d.keys {
		if key == "little_endian" && d.values[i] != true {
			return errors.New("it is big-endian")
		}
	}
	return nil
}

// place reads the keys of the storages, and finds each.
func (r *legacy) place() error {
	v, err := r.next()
	if err != nil {
		return err
	}
	keys, ok := v.(*list)
	if !ok {
		return fmt.Errorf("%s where the keys of storages are expected", kind(v))
	}
	placed := map[string]bool{}
	for _, key := range keys.items {
		name, _ := key.(string)
		s, ok := r.storages[name]
		if !ok || placed[name] {
			return fmt.Errorf("storage %.80q is nobody's, or there twice", name)
		}
		placed[name] = true
		if len(r.file)-r.at < elementsBytes {
			return fmt.Errorf("%w: storage %.80q is missing", ErrIncomplete, name)
		}
		if n := binary.LittleEndian.Uint64(r.file[r.at:]); n != uint64(s.elements) {
			return fmt.Errorf("storage %.80q has %d elements, not %d", name, n, s.elements)
		}
		s.begin = r.at + elementsBytes
		size := s.elements * s.size
		if size > len(r.file)-s.begin {
			return fmt.Errorf("%w: storage %.80q takes %d bytes from byte %d on in a file of %d", ErrIncomplete, name, size, s.begin, len(r.file))
		}
		r.at = s.begin + size
	}
	if len(placed) != len(r.storages) {
		return fmt.Errorf("%d storages are used and %d are there", len(r.storages), len(placed))
	}
	if r.at != len(r.file) {
		return fmt.Errorf("%d bytes follow the last storage", len(r.file)-r.at)
	}
	return nil
}

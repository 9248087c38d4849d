package torch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const maxDirectoryBytes = 2 << 20

// A member of an archive: where its bytes lie in the file.
type member struct {
	begin, end int
	crc        uint32
}

// parseArchive reads the form of PyTorch 1.6 and later: NAME/data.pkl, and NAME/data/KEY for storages.
func parseArchive(file []byte) ([]*Tensor, error) {
	name, members, err := readDirectory(file)
	if err != nil {
		return nil, err
	}
	if _, script := members["constants.pkl"]; script {
		return nil, errors.New("a TorchScript archive, which is a program")
	}
	if order, ok := members["byteorder"]; ok && string(file[order.begin:order.end]) != "little" {
		return nil, fmt.Errorf("byteorder is %.20q, not little", file[order.begin:order.end])
	}
	pickle, ok := members["data.pkl"]
	if !ok {
		return nil, fmt.Errorf("data.pkl is not in the archive's folder %.80q", name)
	}
	if pickle.end-pickle.begin > maxPickleBytes {
		return nil, fmt.Errorf("data.pkl has %d bytes, more than %d", pickle.end-pickle.begin, maxPickleBytes)
	}
	if crc32.ChecksumIEEE(file[pickle.begin:pickle.end]) != pickle.crc {
		return nil, errors.New("data.pkl is not what its checksum says")
	}
	made, length, err := run(file[pickle.begin:pickle.end], func(id tuple) (*storage, error) {
		s, key, err := newStorage(id)
		if err != nil {
			return nil, err
		}
		data, ok := members["data/"+key]
		if !ok {
			return nil, fmt.Errorf("storage %.80q is not in the archive", key)
		}
		if n := data.end - data.begin; n != s.elements*s.size {
			return nil, fmt.Errorf("storage %.80q of %d elements of %s has %d bytes", key, s.elements, s.dtype, n)
		}
		s.begin = data.begin
		return s, nil
	})
	if err != nil {
		return nil, err
	}
	if length != pickle.end-pickle.begin {
		return nil, errors.New("data.pkl goes on after its end")
	}
	return tensors(made)
}

// readDirectory lists the members, which all lie in one folder of that name, by what follows it.
func readDirectory(file []byte) (name string, members map[string]member, err error) {
	if err := checkDirectory(file); err != nil {
		return "", nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return "", nil, fmt.Errorf("its directory: %w", err)
	}
	members = make(map[string]member, len(z.File))
	var places []member
	for _, f := range z.File {
		folder, rest, ok := strings.Cut(f.Name, "/")
		if name == "" {
			name = folder
		}
		if !ok || !fs.ValidPath(f.Name) || strings.Contains(f.Name, `\`) || folder != name {
			return "", nil, fmt.Errorf("member %.80q is not in the one folder that torch writes", f.Name)
		}
		if _, twice := members[rest]; twice {
			return "", nil, fmt.Errorf("member %.80q stands twice", f.Name)
		}
		m, err := place(f, len(file))
		if err != nil {
			return "", nil, fmt.Errorf("member %.80q: %w", path.Clean(f.Name), err)
		}
		members[rest] = m
		places = append(places, m)
	}
	slices.SortFunc(places, func(a, b member) int { return a.begin - b.begin })
	for i := 1; i < len(places); i++ {
		if places[i].begin < places[i-1].end {
			return "", nil, fmt.Errorf("two members share the bytes from %d on", places[i].begin)
		}
	}
	return name, members, nil
}

// place finds a member that is neither compressed nor encrypted.
func place(f *zip.File, fileBytes int) (member, error) {
	const encrypted = 1
	switch {
	case f.Flags&encrypted != 0:
		return member{}, errors.New("it is encrypted")
	case f.Method != zip.Store:
		return member{}, errors.New("it is compressed, and torch only stores")
	case f.UncompressedSize64 != f.CompressedSize64:
		return member{}, fmt.Errorf("%d bytes are stored as %d", f.UncompressedSize64, f.CompressedSize64)
	}
	begin, err := f.DataOffset()
	if err != nil {
		return member{}, err
	}
	if begin < 0 || begin > int64(fileBytes) || f.UncompressedSize64 > uint64(int64(fileBytes)-begin) {
		return member{}, fmt.Errorf("%w: %d bytes from byte %d on in a file of %d", ErrIncomplete, f.UncompressedSize64, begin, fileBytes)
	}
	return member{int(begin), int(begin) + int(f.UncompressedSize64), f.CRC32}, nil
}

// checkDirectory checks the end of an archive, and how long its directory is: package archive/zip
// keeps all that it finds there.
func checkDirectory(file []byte) error {
	const (
		endBytes, end64Bytes, locatorBytes = 22, 56, 20
		saturated                          = 0xffffffff
	)
	at := len(file) - endBytes
	if at < 0 || !bytes.HasPrefix(file[at:], []byte("PK\x05\x06")) || binary.LittleEndian.Uint16(file[at+20:]) != 0 {
		return fmt.Errorf("%w: it has no directory of an archive at its end", ErrIncomplete)
	}
	size, offset := uint64(binary.LittleEndian.Uint32(file[at+12:])), uint64(binary.LittleEndian.Uint32(file[at+16:]))
	end := uint64(at)
	if large := at - locatorBytes - end64Bytes; large >= 0 && bytes.HasPrefix(file[at-locatorBytes:], []byte("PK\x06\x07")) {
		if !bytes.HasPrefix(file[large:], []byte("PK\x06\x06")) {
			return errors.New("its directory has no end where that is said to be")
		}
		size, offset, end = binary.LittleEndian.Uint64(file[large+40:]), binary.LittleEndian.Uint64(file[large+48:]), uint64(large)
	} else if size == saturated || offset == saturated {
		return errors.New("its directory has no end for large archives")
	}
	if size > maxDirectoryBytes {
		return fmt.Errorf("its directory has %d bytes, more than %d", size, maxDirectoryBytes)
	}
	if offset > end || size != end-offset {
		return fmt.Errorf("its directory of %d bytes from byte %d on does not end at %d", size, offset, end)
	}
	return nil
}

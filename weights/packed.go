package weights

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/tensor"
)

// Metadata of a safetensors file that say what is packed in it, as gptmeter quantize writes them. A
// packed matrix is a tensor of bytes; under packedKey and its name stands the tensor.Packing of it. Where
// the file is all of a model, the content of config.json and of the tokenizer's files stands under fileKey.
const (
	formatKey = "format" // of the whole file: packedFormat
	packedKey = "gptmeter.packed."
	fileKey   = "gptmeter.file."

	packedFormat = "gptmeter"
)

// Limits on what hostile metadata can make us keep.
const (
	maxPackingBytes = 80
	maxFilesBytes   = 16 << 20 // of all files inside, as they are written
)

// packedMetadata are those metadata.
type packedMetadata struct {
	packings  map[string]string // by tensor
	files     folderOf
	fileBytes int
}

// read reads the value of a metadata key.
func (m *packedMetadata) read(s *scanner, key string) error {
	if name, ok := strings.CutPrefix(key, packedKey); ok {
		packing, err := s.text(maxPackingBytes)
		if m.packings == nil {
			m.packings = map[string]string{}
		}
		m.packings[name] = packing
		return err
	}
	quoted, err := s.skipString()
	name, ok := strings.CutPrefix(key, fileKey)
	if !ok || err != nil {
		return err
	}
	if !slices.Contains(modelFiles, name) && !slices.Contains(tokenizerFiles, name) {
		return s.errorf("%.40q is no file of a model", name)
	}
	if m.fileBytes += len(quoted); m.fileBytes > maxFilesBytes {
		return s.errorf("files of more than %d bytes", maxFilesBytes)
	}
	if m.files == nil {
		m.files = folderOf{}
	}
	m.files[name] = []byte(unquote(quoted))
	return nil
}

// isWhole tells whether a file is one of safetensors that has configuration and tokenizer inside.
func isWhole(path string) bool {
	if filepath.Ext(path) != ".safetensors" {
		return false
	}
	m, err := mapFile(path)
	if err != nil {
		return false
	}
	defer m.close()
	h, err := parseSafetensors(m.MMap)
	return err == nil && h.files != nil
}

// holdSafetensors finds the tensors of a safetensors file, and the configuration and tokenizer that it
// has inside, unless the checkpoint has a configuration already.
func (c *Checkpoint) holdSafetensors(path string, mapping *mapped) (map[string]heldTensor, error) {
	h, err := parseSafetensors(mapping.MMap)
	if err != nil {
		return nil, err
	}
	tensors := h.hold(path, mapping.MMap, true)
	for _, at := range h.tensors {
		said, ok := h.packings[at.Name]
		if !ok {
			continue
		}
		delete(h.packings, at.Name)
		t := tensors[at.Name]
		if err := c.unpack(&t, said, at, mapping); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", at.Name, err)
		}
		tensors[at.Name] = t
	}
	if mapping.lent {
		hugePages(mapping.MMap)
	}
	for name := range h.packings {
		return nil, fmt.Errorf("header: tensor %q, which is said to be packed, is missing", name)
	}
	if h.files == nil || c.config != nil {
		return tensors, nil
	}
	config, ok := h.files[modelFiles[0]]
	if !ok {
		return nil, errors.New("header: the files inside have no config.json")
	}
	if len(config) > maxConfigBytes {
		return nil, fmt.Errorf("header: config.json is larger than %d bytes", maxConfigBytes)
	}
	c.config, c.tensors = config, tensors
	c.findPrefix()
	c.chooseWords(h.files)
	return tensors, nil
}

// unpack makes t, which are bytes in a mapped file, the matrix that they are said to be.
func (c *Checkpoint) unpack(t *heldTensor, said string, at safetensor, mapping *mapped) error {
	p, err := tensor.ParsePacking(said)
	switch {
	case errors.Is(err, tensor.ErrPacking):
		return withHint(err, "quantize the model again with this gptmeter")
	case err != nil:
		return err
	case t.DType != "U8" || len(t.Shape) != 1:
		return fmt.Errorf("packed, and yet %s of shape %v", t.DType, t.Shape)
	case t.Bytes != p.Bytes():
		return fmt.Errorf("%d bytes, where %q is %d", t.Bytes, said, p.Bytes())
	case at.begin%tensor.PackedAlignment != 0:
		return fmt.Errorf("begins at %d, which is no multiple of %d", at.begin, tensor.PackedAlignment)
	case c.packed != nil && *c.packed != p.DType:
		return fmt.Errorf("packed as %v in a model that is packed as %v", p.DType, *c.packed)
	}
	c.packed, mapping.lent = &p.DType, true
	t.DType, t.Shape, t.Packing = p.DType.String(), p.Shape(), p.Name()
	t.elements = p.Map(mapping.MMap[at.begin:at.end:at.end], mapping)
	return nil
}

// Packed is the format that the matrices are packed in, if they are: they can be held in no other.
func (c *Checkpoint) Packed() (d tensor.DType, packed bool) {
	if c.packed == nil {
		return d, false
	}
	return *c.packed, true
}

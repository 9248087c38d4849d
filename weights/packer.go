package weights

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"unicode/utf8"

	"github.com/gptmeter/gptmeter/tensor"
)

// A Packer writes a model that is held in memory as a safetensors file that is mapped again as it is.
// The file has the same bytes wherever it is written.
type Packer struct {
	Progress func(done, all int64) // in bytes

	metadata        map[string]string
	packed, numbers []packedTensor
}

// packedTensor is one to be written: a Weight, which owns its bytes, or numbers.
type packedTensor struct {
	name    string
	dtype   string
	shape   []int
	weight  *tensor.Weight
	numbers []float32
}

// size is how many bytes are written of t.
func (t packedTensor) size() int {
	if t.weight != nil {
		return int(t.weight.Bytes())
	}
	return 4 * len(t.numbers)
}

// AddWeight adds a matrix, packed from one that lay as of says.
func (p *Packer) AddWeight(name string, of tensor.Layout, w *tensor.Weight) {
	p.say(packedKey+name, w.Packing(of).String())
	p.packed = append(p.packed, packedTensor{name: name, dtype: "U8", shape: []int{int(w.Bytes())}, weight: w})
}

// AddNumbers adds what is not packed.
func (p *Packer) AddNumbers(name string, shape []int, data []float32) {
	p.numbers = append(p.numbers, packedTensor{name: name, dtype: "F32", shape: shape, numbers: data})
}

// AddFile puts a file into the metadata: the model's config.json, or one of its tokenizer. JSON loses its white
// space: of GPT-2's tokenizer.json that is more than half, which whoever opens the file would read through.
func (p *Packer) AddFile(name string, content []byte) error {
	if !utf8.Valid(content) {
		return withHint(fmt.Errorf("%s: not valid UTF-8, which it has to be inside a file", name), "a folder keeps it as it is")
	}
	if filepath.Ext(name) == ".json" {
		var b bytes.Buffer
		if err := json.Compact(&b, content); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		content = b.Bytes()
	}
	p.say(fileKey+name, string(content))
	return nil
}

func (p *Packer) say(key, value string) {
	if p.metadata == nil {
		p.metadata = map[string]string{formatKey: packedFormat}
	}
	p.metadata[key] = value
}

// pageBytes is what the data begin on a multiple of.
const pageBytes = 4096

// Write writes the file. Matrices come first: their lengths are multiples of
// tensor.PackedAlignment, so that each begins on one.
func (p *Packer) Write(ctx context.Context, w io.Writer) error {
	tensors := append(p.packed, p.numbers...)
	header, all, err := p.header(tensors)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, hugePageBytes)
	out.Write(header)
	var done int64
	for _, t := range tensors {
		for at, size := 0, t.size(); at < size; {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := min(pieceBytes, size-at)
			if _, err := out.Write(t.piece(at, n)); err != nil {
				return err
			}
			at, done = at+n, done+int64(n)
			if p.Progress != nil {
				p.Progress(done, all)
			}
		}
	}
	runtime.KeepAlive(p) // its weights
	return out.Flush()
}

// hugePageBytes is how much is written at a time, from multiples of it on: Linux then caches a new file in huge
// pages, in which it is mapped. Pieces are smaller, for a larger one would go past the buffer.
const (
	hugePageBytes = 2 << 20
	pieceBytes    = 1 << 20
)

// piece is n of the bytes of t.
func (t packedTensor) piece(at, n int) []byte {
	if t.weight != nil {
		return t.weight.Packed()[at:][:n]
	}
	var piece []byte
	for _, x := range t.numbers[at/4:][:n/4] {
		piece = binary.LittleEndian.AppendUint32(piece, math.Float32bits(x))
	}
	return piece
}

// header is what comes before the data, with its length, filled up with spaces to whole pages. Also how
// many bytes of data there are.
func (p *Packer) header(tensors []packedTensor) ([]byte, int64, error) {
	var b bytes.Buffer
	text := json.NewEncoder(&b)
	text.SetEscapeHTML(false)
	put := func(before string, v any) error {
		b.WriteString(before)
		err := text.Encode(v)
		b.Truncate(b.Len() - 1) // the newline
		return err
	}
	b.Write(make([]byte, lengthBytes))
	if err := put(`{"__metadata__":`, p.metadata); err != nil { // in the order of the keys
		return nil, 0, err
	}
	at := 0
	for _, t := range tensors {
		if err := put(",", t.name); err != nil {
			return nil, 0, err
		}
		entry := struct {
			DType   string `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{t.dtype, t.shape, [2]int{at, at + t.size()}}
		if err := put(":", entry); err != nil {
			return nil, 0, err
		}
		at += t.size()
	}
	b.WriteByte('}')
	for b.Len()%pageBytes != 0 {
		b.WriteByte(' ')
	}
	if n := b.Len() - lengthBytes; n > maxHeaderBytes {
		return nil, 0, fmt.Errorf("a header of %d bytes, more than the %d that the format allows", n, maxHeaderBytes)
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-lengthBytes))
	return b.Bytes(), int64(at), nil
}

package weights

import (
	"os"
	"sync/atomic"

	"github.com/gptmeter/gptmeter/tensor"
)

// storedElements are a tensor's bytes as they lie in a file, mapped or inside the binary.
type storedElements struct {
	dtype
	data  []byte
	pages []byte // the whole pages of the mapping inside data; none if it is not mapped

	unreleased atomic.Int64 // bytes read since the pages were given back
}

// releaseEvery bounds how much of one tensor stays resident while it is read, for the embedding
// of a large vocabulary is a good part of the model.
const releaseEvery = 16 << 20

// hold finds the tensors of a safetensors file with that header, which is mapped, or else lies in the binary.
func (h header) hold(path string, file []byte, mapped bool) map[string]heldTensor {
	byName := make(map[string]heldTensor, len(h.tensors))
	for _, t := range h.tensors {
		byName[t.Name] = heldTensor{t.TensorInfo, path, newStoredElements(dtypes[t.DType], file, t.begin, t.end, mapped)}
	}
	return byName
}

// newStoredElements are the elements in file[begin:end]. It returns nil for a dtype that weights do
// not have.
func newStoredElements(d dtype, file []byte, begin, end int, mapped bool) tensor.Elements {
	e := &storedElements{dtype: d, data: file[begin:end]}
	if e.decode == nil {
		return nil
	}
	if page := os.Getpagesize(); mapped {
		first, last := (begin+page-1)/page*page, end/page*page
		if first < last {
			e.pages = file[first:last]
		}
	}
	return e
}

func (e *storedElements) Read(dst []float32, at int) {
	bytes := 0
	if head := at % e.elements; head > 0 && len(dst) > 0 {
		n := min(e.elements-head, len(dst))
		bytes += e.readInside(dst[:n], at/e.elements, head)
		dst, at = dst[n:], at+n
	}
	blocks, block := len(dst)/e.elements, at/e.elements
	whole := blocks * e.elements
	e.decode(dst[:whole], e.data[block*e.bytes:][:blocks*e.bytes])
	bytes += blocks * e.bytes
	if dst = dst[whole:]; len(dst) > 0 {
		bytes += e.readInside(dst, block+blocks, 0)
	}
	if e.unreleased.Add(int64(bytes)) > releaseEvery {
		e.Release()
	}
}

// readInside reads a part of one block, and returns what it has read of the file.
func (e *storedElements) readInside(dst []float32, block, from int) int {
	var all [maxBlock]float32
	e.decode(all[:e.elements], e.data[block*e.bytes:][:e.bytes])
	copy(dst, all[from:])
	return e.bytes
}

// maxBlock is the largest number of elements that lie together.
const maxBlock = 256

// Release gives the pages back to the system. Reading them again maps them again, which is also
// what happens to a goroutine that is just reading them.
func (e *storedElements) Release() {
	e.unreleased.Store(0)
	if len(e.pages) > 0 {
		releasePages(e.pages)
	}
}

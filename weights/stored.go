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

// holdTensors finds the tensors of the safetensors file that is mapped, or else lies in the binary.
func holdTensors(path string, file []byte, mapped bool) (map[string]heldTensor, error) {
	tensors, err := parseSafetensors(file)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]heldTensor, len(tensors))
	for _, t := range tensors {
		byName[t.Name] = heldTensor{t.TensorInfo, path, newStoredElements(t, file, mapped)}
	}
	return byName, nil
}

// newStoredElements returns nil for a dtype that weights do not have.
func newStoredElements(t safetensor, file []byte, mapped bool) tensor.Elements {
	e := &storedElements{dtype: dtypes[t.DType], data: file[t.begin:t.end]}
	if e.decode == nil {
		return nil
	}
	if page := os.Getpagesize(); mapped {
		first, last := (t.begin+page-1)/page*page, t.end/page*page
		if first < last {
			e.pages = file[first:last]
		}
	}
	return e
}

func (e *storedElements) Read(dst []float32, at int) {
	bytes := e.data[at*e.bytes:][:len(dst)*e.bytes]
	e.decode(dst, bytes)
	if e.unreleased.Add(int64(len(bytes))) > releaseEvery {
		e.Release()
	}
}

// Release gives the pages back to the system. Reading them again maps them again, which is also
// what happens to a goroutine that is just reading them.
func (e *storedElements) Release() {
	e.unreleased.Store(0)
	if len(e.pages) > 0 {
		releasePages(e.pages)
	}
}

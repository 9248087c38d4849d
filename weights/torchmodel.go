package weights

import (
	"errors"

	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights/torch"
)

// holdTorch finds the tensors of the file of torch.save that is mapped.
func holdTorch(path string, mapping []byte) (map[string]heldTensor, error) {
	if err := checkPointer(mapping); err != nil {
		return nil, err
	}
	tensors, err := torch.Parse(mapping)
	if errors.Is(err, torch.ErrIncomplete) {
		return nil, incomplete("%w", err)
	}
	if err != nil {
		return nil, withHint(err, "save the model's state_dict with torch.save, or better as safetensors")
	}
	byName := make(map[string]heldTensor, len(tensors))
	for _, t := range tensors {
		d := dtypes[t.DType]
		elements := 1
		for _, n := range t.Shape {
			elements *= n
		}
		byName[t.Name] = heldTensor{
			TensorInfo: TensorInfo{Name: t.Name, DType: t.DType, Shape: t.Shape, Bytes: int64(elements * d.bytes)},
			file:       path,
			elements:   newTorchElements(t, d, elements, mapping),
		}
	}
	return byName, nil
}

func newTorchElements(t *torch.Tensor, d dtype, elements int, mapping []byte) tensor.Elements {
	begin := t.Begin + t.Offset*d.bytes
	if elements == 0 {
		return newStoredElements(d, mapping, begin, begin, true)
	}
	if t.Contiguous() {
		return newStoredElements(d, mapping, begin, begin+elements*d.bytes, true)
	}
	last := 0
	for i, n := range t.Shape {
		last += (n - 1) * t.Strides[i]
	}
	stored := newStoredElements(d, mapping, begin, begin+(last+1)*d.bytes, true)
	switch {
	case stored == nil:
		return nil
	case len(t.Shape) == 2 && t.Strides[0] == 1 && t.Strides[1] == t.Shape[0]:
		return transposedElements{stored, t.Shape[0], t.Shape[1]}
	}
	return stridedElements{stored, t.Shape, t.Strides}
}

// stridedElements are a part of what is stored: element (i, j) is number i·strides[0] + j·strides[1].
type stridedElements struct {
	stored         tensor.Elements
	shape, strides []int
}

// Read reads runs where the last dimension's elements adjoin, else number by number.
func (e stridedElements) Read(dst []float32, at int) {
	inner := len(e.shape) - 1
	for len(dst) > 0 {
		place, rest := 0, at
		for i := inner; i >= 0; i-- {
			place += rest % e.shape[i] * e.strides[i]
			rest /= e.shape[i]
		}
		n := 1
		if e.strides[inner] == 1 {
			n = min(e.shape[inner]-at%e.shape[inner], len(dst))
		}
		e.stored.Read(dst[:n], place)
		dst, at = dst[n:], at+n
	}
}

func (e stridedElements) Release() { e.stored.Release() }

package weights

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"

	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights/gguf"
)

// An Export is a checkpoint's model, to be written in another format.
type Export struct {
	From *Checkpoint

	Layers, Heads, Width, Inner, Positions, Vocabulary int
	Epsilon                                            float32 // of LayerNorm
	Begin, End                                         int     // ids, -1 where there is none
	Tied                                               bool    // the head is the embedding unless the checkpoint has another

	DType    string // F32, F16 or BF16 for all matrices, or "" for what each is stored in
	Progress func(done, all int64)

	Written []TensorInfo // what has been written: names and dtypes as in the new file
}

// An exported tensor is a tensor of GPT2Model, its elements, and what it is written in.
type exported struct {
	name     string
	shape    []int
	elements tensor.Elements
	to       gguf.Type
}

// exportTypes are the dtypes that are written.
var exportTypes = map[string]gguf.Type{"F32": gguf.F32, "F16": gguf.F16, "BF16": gguf.BF16}

// tensors are those of the model, the head among them where it is one of its own.
func (e *Export) tensors() (list []exported, err error) {
	add := func(name string, shape ...int) {
		if err == nil {
			var t exported
			t, err = e.find(name, shape)
			list = append(list, t)
		}
	}
	C, F := e.Width, e.Inner
	add("wte.weight", e.Vocabulary, C)
	add("wpe.weight", e.Positions, C)
	norm := func(name string) {
		add(name+".weight", C)
		add(name+".bias", C)
	}
	linear := func(name string, from, to int) {
		add(name+".weight", from, to)
		add(name+".bias", to)
	}
	for i := range e.Layers {
		h := fmt.Sprintf("h.%d.", i)
		norm(h + "ln_1")
		linear(h+"attn.c_attn", C, 3*C)
		linear(h+"attn.c_proj", C, C)
		norm(h + "ln_2")
		linear(h+"mlp.c_fc", C, F)
		linear(h+"mlp.c_proj", F, C)
	}
	norm("ln_f")
	if err != nil {
		return nil, err
	}
	head, err := e.find("lm_head.weight", []int{e.Vocabulary, C})
	switch {
	case errors.Is(err, fs.ErrNotExist) && e.Tied:
		return list, nil
	case err != nil:
		return nil, err
	case e.Tied && sameElements(head.elements, list[0].elements, e.Vocabulary, C):
		return list, nil
	}
	return append(list, head), nil
}

func (e *Export) find(name string, shape []int) (exported, error) {
	t := exported{name: name, shape: shape}
	var err error
	if t.elements, err = e.From.Tensor(name, shape...); err != nil {
		return t, err
	}
	dtype := e.DType
	if dtype == "" {
		dtype = e.From.tensors[e.From.stored(name)].DType
	}
	t.to = exportTypes[dtype] // F32 for what is not written
	return t, nil
}

func sameElements(a, b tensor.Elements, rows, cols int) bool {
	x, y := make([]float32, cols), make([]float32, cols)
	for i := range rows {
		a.Read(x, i*cols)
		b.Read(y, i*cols)
		if !slices.Equal(x, y) {
			return false
		}
	}
	return true
}

func (t exported) count() int {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	return n
}

// bytes is what t takes when it is written.
func (t exported) bytes() int {
	_, each := t.to.Block()
	return t.count() * each
}

// chunk is how many elements are read and written at a time, where they lie in the order of the file.
const chunk = 1 << 18

// write writes the elements, or their transpose. A matrix that lies the other way is turned in memory.
func (t exported) write(ctx context.Context, w io.Writer, turned bool, progress func(n int)) error {
	from := t.elements
	lies, isTransposed := from.(tensor.Transposed)
	if isTransposed {
		from, turned = lies.Transpose(), !turned
	}
	defer t.elements.Release()
	n := t.count()
	if turned {
		rows, cols := t.shape[0], t.shape[1] // of the matrix as it lies
		if isTransposed {
			rows, cols = cols, rows
		}
		from = turn(from, rows, cols)
	}
	numbers, encoded := make([]float32, min(chunk, n)), []byte(nil)
	for at := 0; at < n; at += len(numbers) {
		if err := ctx.Err(); err != nil {
			return err
		}
		numbers = numbers[:min(len(numbers), n-at)]
		from.Read(numbers, at)
		if t.to == gguf.F16 {
			if i := slices.IndexFunc(numbers, overflowsF16); i >= 0 {
				return withHint(fmt.Errorf("tensor %q has the number %v, which F16 cannot hold", t.name, numbers[i]), "--dtype bf16 or f32 can")
			}
		}
		encoded = t.to.Encode(encoded[:0], numbers)
		if _, err := w.Write(encoded); err != nil {
			return err
		}
		progress(len(numbers))
	}
	return nil
}

// overflowsF16 tells whether x is finite and rounds to none of float16.
func overflowsF16(x float32) bool {
	const least = 65520 // halfway between the largest, 65504, and what would be next
	return (x >= least || x <= -least) && !math.IsInf(float64(x), 0)
}

// turned are the elements of a matrix in memory.
type turnedElements []float32

func (e turnedElements) Read(dst []float32, at int) { copy(dst, e[at:]) }
func (turnedElements) Release()                     {}

// turn reads a matrix of rows × cols and returns its transpose.
func turn(e tensor.Elements, rows, cols int) turnedElements {
	t, row := make(turnedElements, rows*cols), make([]float32, cols)
	for i := range rows {
		e.Read(row, i*cols)
		for j, x := range row {
			t[j*rows+i] = x
		}
	}
	return t
}

// progress counts elements of all.
func (e *Export) progress(list []exported) func(n int) {
	done, all := int64(0), int64(0)
	for _, t := range list {
		all += int64(t.count())
	}
	return func(n int) {
		done += int64(n)
		if e.Progress != nil {
			e.Progress(done, all)
		}
	}
}

func (e *Export) wrote(name string, t exported, shape []int) {
	e.Written = append(e.Written, TensorInfo{Name: name, DType: t.to.String(), Shape: shape, Bytes: int64(t.bytes())})
}

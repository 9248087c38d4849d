package weights

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/tensor"
)

// Checkpoint is an opened model: its configuration, weights and tokenizer files.
type Checkpoint struct {
	name          string
	config        []byte
	tokenizer     fs.FS
	demonstration bool
	synthetic     bool
	builtIn       bool // the tokenizer is GPT-2's own

	files    []File
	mappings []*mapped
	packed   *tensor.DType         // of the matrices that are packed
	tensors  map[string]heldTensor // by stored name
	spell    func(string) string   // the stored name of a tensor of GPT2Model, or of the head
}

// File is a file that belongs to a checkpoint.
type File struct {
	Path  string // as it can be opened; of an embedded file, its path inside the binary
	Bytes int64
}

// TensorInfo describes a tensor as the checkpoint stores it.
type TensorInfo struct {
	Name  string // as stored, with any prefix
	DType string // in the words of safetensors (F64, F32, F16, BF16, I64, …), of GGUF (Q8_0, …), or of tensor.DType (int8, …)
	Shape []int  // row-major, and of a linear layer (inputs, outputs), however it is stored
	Bytes int64
	// Packing is the name of the layout, with its version, of a matrix that is packed as DType; else "".
	Packing string
}

// heldTensor is a tensor, the file it is in, and its elements: nil if their dtype is none of weights.
type heldTensor struct {
	TensorInfo
	file     string
	elements tensor.Elements
}

// Name is the name that the checkpoint was opened by.
func (c *Checkpoint) Name() string { return c.name }

// Config is the content of the model's config.json, unchecked, of at most 1 MiB.
func (c *Checkpoint) Config() []byte { return c.config }

// Tokenizer is the folder in which the model's tokenizer files lie, if it has any. It is nil for
// synthetic weights, which cannot have a tokenizer.
func (c *Checkpoint) Tokenizer() fs.FS { return c.tokenizer }

// Demonstration tells that this is the embedded model, whose text is worth nothing.
func (c *Checkpoint) Demonstration() bool { return c.demonstration }

// Synthetic tells that the weights are random numbers.
func (c *Checkpoint) Synthetic() bool { return c.synthetic }

// Files lists what [Open] read: the configuration, the index of shards if there is one, and the
// weights. Synthetic weights have none.
func (c *Checkpoint) Files() []File { return slices.Clone(c.files) }

// Tensors lists all tensors of the checkpoint by name, also those that no model knows.
func (c *Checkpoint) Tensors() []TensorInfo {
	infos := make([]TensorInfo, 0, len(c.tensors))
	for _, name := range slices.Sorted(maps.Keys(c.tensors)) {
		infos = append(infos, c.tensors[name].TensorInfo)
	}
	return infos
}

// Tensor finds the tensor that transformers' GPT2Model calls name, or the head's "lm_head.weight".
// Files written from a GPT2LMHeadModel put "transformer." before the former, and GGUF has names of
// its own; name is neither. The error names the tensor as stored and says that it is missing, has
// another shape (with both), or a dtype that weights do not have. The elements must not be read after [Checkpoint.Close].
func (c *Checkpoint) Tensor(name string, shape ...int) (tensor.Elements, error) {
	name = c.stored(name)
	t, ok := c.tensors[name]
	switch {
	case !ok:
		return nil, missing{c.name, name}
	case !slices.Equal(t.Shape, shape):
		return nil, fmt.Errorf("%s: tensor %q has shape %v where the configuration asks for %v", t.file, name, t.Shape, shape)
	case t.elements == nil:
		return nil, fmt.Errorf("%s: tensor %q has dtype %s where weights are %s", t.file, name, t.DType, readable(t.file))
	}
	return t.elements, nil
}

func (c *Checkpoint) stored(name string) string {
	if c.spell == nil {
		return name
	}
	return c.spell(name)
}

// missing is the error for a tensor that is not there; it is fs.ErrNotExist.
type missing struct{ checkpoint, tensor string }

func (m missing) Error() string {
	return fmt.Sprintf("%s: tensor %q is missing", m.checkpoint, m.tensor)
}

func (m missing) Is(target error) bool { return target == fs.ErrNotExist }

// findPrefix decides, once for the whole checkpoint, how its names are spelled.
func (c *Checkpoint) findPrefix() {
	const prefix = "transformer."
	for name := range c.tensors {
		if strings.HasPrefix(name, prefix) {
			c.spell = func(name string) string {
				if name == "lm_head.weight" {
					return name
				}
				return prefix + name
			}
			return
		}
	}
}

// readable names the dtypes that weights in such a file have.
func readable(path string) string {
	if isGGUF(path) {
		return "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K or Q6_K"
	}
	return "F64, F32, F16 or BF16"
}

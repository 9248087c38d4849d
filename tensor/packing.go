package tensor

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// packingVersions number the layouts of the formats, which kernel.PanelBytes states. Other bytes for
// the same matrix are another number: files have it.
var packingVersions = [kernel.Formats]int{F32: 1, BF16: 1, Int8: 2, Int4: 2}

// PackedAlignment is what the bytes of a Weight begin on a multiple of.
const PackedAlignment = kernel.CacheLine

// A Packing says of a Weight's bytes how they lie and what matrix they are. The same matrix packed
// the same way is the same bytes, on every machine and with any kernels and threads.
type Packing struct {
	DType           DType
	Of              Layout // how the matrix lay in its source
	Outputs, Inputs int
}

// Packing is that of w, packed from a matrix that lay as of says.
func (w *Weight) Packing(of Layout) Packing { return Packing{w.DType(), of, w.Outputs(), w.Inputs()} }

// Packed are the bytes of w, which are not to be written to. They are there as long as w is held.
func (w *Weight) Packed() []byte { return w.panels.Data }

// Name is that of the layout and its version: "panels/2".
func (p Packing) Name() string { return fmt.Sprintf("%s/%d", panels, packingVersions[p.DType]) }

const panels = "panels"

// String is what a file says of such bytes: "panels/2 int8 2304 768 input-major".
func (p Packing) String() string {
	return fmt.Sprintf("%s %v %d %d %v", p.Name(), p.DType, p.Outputs, p.Inputs, p.Of)
}

// Shape is that of the matrix in its source.
func (p Packing) Shape() []int {
	if p.Of == InputMajor {
		return []int{p.Inputs, p.Outputs}
	}
	return []int{p.Outputs, p.Inputs}
}

// Bytes is how many there are.
func (p Packing) Bytes() int64 { return PackedBytes(p.Outputs, p.Inputs, p.DType) }

// ErrPacking is wrapped by the error for bytes in a layout that is not known here.
var ErrPacking = errors.New("packed in a layout that is not known here")

// maxPacked bounds outputs and inputs: no product of them overflows.
const maxPacked = 1 << 24

// ParsePacking reads what String says.
func ParsePacking(s string) (Packing, error) {
	words := strings.Split(s, " ")
	name, _, _ := strings.Cut(words[0], "/")
	if name != panels || len(words) != 5 {
		return Packing{}, fmt.Errorf("%w: %.40q", ErrPacking, s)
	}
	p := Packing{DType: kernel.Formats}
	for _, d := range DTypes() {
		if d.String() == words[1] {
			p.DType = d
		}
	}
	if p.DType == kernel.Formats {
		return Packing{}, fmt.Errorf("%w: %.40q", ErrPacking, s)
	}
	if words[0] != p.Name() {
		return Packing{}, fmt.Errorf("%w: %.40s of %v, which is %s here", ErrPacking, words[0], p.DType, p.Name())
	}
	p.Outputs, _ = strconv.Atoi(words[2])
	p.Inputs, _ = strconv.Atoi(words[3])
	if words[4] == OutputMajor.String() {
		p.Of = OutputMajor
	}
	if p.Outputs < 1 || p.Outputs > maxPacked || p.Inputs < 1 || p.Inputs > maxPacked || p.String() != s {
		return Packing{}, fmt.Errorf("packed as %.80q, which is no shape of a matrix", s)
	}
	return p, nil
}

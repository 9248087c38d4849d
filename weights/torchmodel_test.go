package weights

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/tensor"
)

// TestTorch opens files that PyTorch has written, in each form, and compares them with the same
// model in safetensors.
func TestTorch(t *testing.T) {
	want := open(t, "testdata/single")
	for _, name := range []string{"zip.bin", "legacy.bin", "views.bin", "sharded"} {
		c := open(t, "testdata/torch/"+name)
		for _, info := range want.Tensors() {
			expected := readAll(t, want, info.Name, info.Shape...)
			if got := readAll(t, c, info.Name, info.Shape...); !slices.Equal(got, expected) {
				t.Errorf("%s: %s differs", name, info.Name)
			}
			e, _ := c.Tensor(info.Name, info.Shape...)
			for at := range expected { // from anywhere, also over the end of a row
				n := min(7, len(expected)-at)
				got := make([]float32, n)
				if e.Read(got, at); !slices.Equal(got, expected[at:at+n]) {
					t.Fatalf("%s: %s differs from %d on", name, info.Name, at)
				}
			}
			if transposed, ok := e.(tensor.Transposed); ok {
				got := make([]float32, len(expected))
				transposed.Transpose().Read(got, 0)
				for i := range got {
					if got[i] != expected[i%info.Shape[0]*info.Shape[1]+i/info.Shape[0]] {
						t.Fatalf("%s: the transpose of %s differs at %d", name, info.Name, i)
					}
				}
			}
		}
		if head, err := c.Tensor("lm_head.weight", 19, 12); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := make([]float32, 19*12); true {
			if head.Read(got, 0); !slices.Equal(got, readAll(t, c, "wte.weight", 19, 12)) {
				t.Errorf("%s: the tied head differs", name)
			}
		}
	}
}

// TestTorchTensors looks at what is stored in views.bin beside the model.
func TestTorchTensors(t *testing.T) {
	c := open(t, "testdata/torch/views.bin")
	listed := map[string]string{}
	for _, info := range c.Tensors() {
		listed[info.Name] = info.DType
	}
	for name, dtype := range map[string]string{
		"transformer.h.0.attn.c_proj.weight": "F64", "transformer.h.0.ln_1.weight": "F32", "half": "F16", "bfloat16": "BF16",
		"integers": "I64", "h.0.attn.bias": "BOOL", "nothing": "F32",
	} {
		if listed[name] != dtype {
			t.Errorf("%s is listed as %q, want %q", name, listed[name], dtype)
		}
	}
	if _, ok := listed["epoch"]; ok {
		t.Error("a number is listed as a tensor")
	}
	for name, want := range map[string][]float32{
		"half": {1.5, -2, 65504}, "bfloat16": {1.5, -2, math.Float32frombits(0x7f620000)}, "nothing": {},
	} {
		got := make([]float32, len(want))
		if c.tensors[name].elements.Read(got, 0); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if e, err := c.Tensor("h.0.attn.c_attn.weight", 12, 36); err != nil {
		t.Error(err)
	} else if _, ok := e.(tensor.Transposed); !ok {
		t.Error("a transposed matrix is not read as it lies")
	}
	c.spell = nil
	if _, err := c.Tensor("integers", 2, 3); err == nil || !strings.Contains(err.Error(), `tensor "integers" has dtype I64 where weights are F64`) {
		t.Errorf("integers: error is %v", err)
	}
}

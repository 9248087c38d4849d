package model

import (
	"fmt"

	"github.com/gptmeter/gptmeter/tensor"
)

// Visit calls matrix for every matrix that m multiplies with, and numbers for everything else that it
// was loaded from, under their names in a Source. The head is among them if it is one of its own.
func (m *Model) Visit(matrix func(name string, of tensor.Layout, w *tensor.Weight), numbers func(name string, shape []int, data []float32)) {
	vector := func(name string, data []float32) { numbers(name, []int{len(data)}, data) }
	norm := func(name string, n layerNorm) {
		vector(name+".weight", n.weight)
		vector(name+".bias", n.bias)
	}
	linear := func(name string, l linear) {
		matrix(name+".weight", tensor.InputMajor, l.weight)
		vector(name+".bias", l.bias)
	}
	matrix("wte.weight", tensor.OutputMajor, m.wte)
	numbers("wpe.weight", []int{m.wpe.Rows, m.wpe.Cols}, m.wpe.Data)
	for i, b := range m.h {
		at := fmt.Sprintf("h.%d.", i)
		norm(at+"ln_1", b.ln_1)
		linear(at+"attn.c_attn", b.attn.c_attn)
		linear(at+"attn.c_proj", b.attn.c_proj)
		norm(at+"ln_2", b.ln_2)
		linear(at+"mlp.c_fc", b.mlp.c_fc)
		linear(at+"mlp.c_proj", b.mlp.c_proj)
	}
	norm("ln_f", m.ln_f)
	if m.lm_head != m.wte {
		matrix("lm_head.weight", tensor.OutputMajor, m.lm_head)
	}
}

package model

import "github.com/gptmeter/gptmeter/tensor"

// Observe shows see the rows that leave each block ("block.0") and the last normalisation
// ("ln_f") during Forward. They are valid during the call.
func (m *Model) Observe(see func(name string, rows tensor.Tensor)) { m.observe = see }

// SetPositions replaces the position embeddings (P, C).
func (m *Model) SetPositions(t tensor.Tensor) { m.wpe = t }

package model

import "github.com/gptmeter/gptmeter/tensor"

// logitRows is how many rows of logits are made at once: a row is as wide as the vocabulary, and
// scoring a text wants one for each token.
const logitRows = 64

// wanted is a row whose logits are wanted: token of a span, at row hidden of the step.
type wanted struct{ span, token, hidden int }

// wantedRows lists the rows that want logits, in order.
func (s *step) wantedRows(spans []Span) {
	s.wanted = s.wanted[:0]
	for i, span := range spans {
		n := len(span.Tokens)
		for token := n - span.Logits; token < n; token++ {
			s.wanted = append(s.wanted, wanted{i, token, s.ends[i] - n + token})
		}
	}
}

// logits normalises the rows that want logits (r, C) and hands theirs to use, logitRows at a time.
func (m *Model) logits(x *tensor.Exec, hidden tensor.Tensor, use func(span, token int, logits []float32)) {
	most := min(hidden.Rows, logitRows)
	allNorm := x.Scratch(most, hidden.Cols)           // (r, C)
	allLogits := x.Scratch(most, m.Config.Vocabulary) // (r, V)
	for first := 0; first < hidden.Rows; first += logitRows {
		r := min(hidden.Rows-first, logitRows)
		rows, norm, logits := m.step.wanted[first:first+r], allNorm.Slice(0, r), allLogits.Slice(0, r)
		x.Divide(m.step.owners(rows, len(m.step.ends)))
		x.LayerNorm(norm, hidden.Slice(first, first+r), m.ln_f.weight, m.ln_f.bias, m.ln_f.epsilon) // (r, C)
		if m.observe != nil {
			m.observe("ln_f", norm)
		}
		x.Unembed(logits, norm, m.lm_head) // (r, V)
		for i, row := range rows {
			use(row.span, row.token, logits.Row(i))
		}
	}
}

// owners is, for each span, where its rows end among rows.
func (s *step) owners(rows []wanted, spans int) []int {
	s.wantedEnds = s.wantedEnds[:0]
	end := 0
	for i := range spans {
		for end < len(rows) && rows[end].span == i {
			end++
		}
		s.wantedEnds = append(s.wantedEnds, end)
	}
	return s.wantedEnds
}

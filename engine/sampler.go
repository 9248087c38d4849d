package engine

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// penaltyWindow is how many of the last tokens, the prompt's among them, the penalties look at:
// llama.cpp's --repeat-last-n.
const penaltyWindow = 64

// A sampler chooses the tokens of one choice.
type sampler struct {
	Sampling
	random *rand.Rand
	recent map[int]int // how often each of the last tokens was there; kept from token to token
}

func newSampler(s Sampling, seed uint64, choice int) *sampler {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(choice))
	return &sampler{Sampling: s, random: rand.New(rand.NewChaCha8(key)), recent: make(map[int]int, penaltyWindow)}
}

// next chooses the token that follows tokens, by their logits.
func (s *sampler) next(r *ranking, tokens []int) int {
	for id, bias := range s.LogitBias {
		r.change(id, r.logits[id]+float32(bias))
	}
	s.penalise(r, tokens)
	id := s.choose(r)
	r.restore()
	return id
}

// penalise lowers the logits of recent tokens (Keskar et al. 2019, section 4.1, for the repeat
// penalty; OpenAI's frequency and presence penalties).
func (s *sampler) penalise(r *ranking, tokens []int) {
	if s.RepeatPenalty == 1 && s.FrequencyPenalty == 0 && s.PresencePenalty == 0 {
		return
	}
	clear(s.recent)
	for _, id := range tokens[max(0, len(tokens)-penaltyWindow):] {
		s.recent[id]++
	}
	for id, count := range s.recent {
		l := float64(r.logits[id])
		if l <= 0 {
			l *= s.RepeatPenalty
		} else {
			l /= s.RepeatPenalty
		}
		l -= float64(float64(count) * s.FrequencyPenalty)
		r.change(id, float32(l-s.PresencePenalty))
	}
}

// choose draws one of the likeliest tokens, or takes the likeliest.
func (s *sampler) choose(r *ranking) int {
	if s.Temperature == 0 {
		return r.first()
	}
	n := len(r.logits)
	if s.TopK > 0 { // Fan, Lewis and Dauphin 2018, section 5.4
		n = min(n, s.TopK)
		r.front(n)
	}
	n = s.topP(r, n)
	n = s.minP(r, n)
	return s.draw(r, n)
}

// weight is how likely token i of the ranking is at a temperature, in proportion to the first.
func (r *ranking) weight(i int, temperature float64) float64 {
	return math.Exp((float64(r.at(i).logit) - float64(r.at(0).logit)) / temperature)
}

// whole is the sum of the weights of the n likeliest.
func (r *ranking) whole(n int, temperature float64) (sum float64) {
	if n < len(r.logits) {
		for i := range n {
			sum += r.weight(i, temperature)
		}
		return sum
	}
	largest := float64(r.at(0).logit)
	for _, l := range r.logits {
		sum += math.Exp((float64(l) - largest) / temperature)
	}
	return sum
}

// topP is how many of the n likeliest there are up to where their probabilities reach P, at least
// one (Holtzman et al. 2020, section 3.1). Probabilities are those at temperature 1.
func (s *sampler) topP(r *ranking, n int) int {
	if s.TopP >= 1 {
		return n
	}
	sum, whole := 0.0, r.whole(n, 1)
	for i := range n {
		if sum += r.weight(i, 1) / whole; sum >= s.TopP {
			return i + 1
		}
	}
	return n
}

// minP is how many of the n likeliest are at least P times as likely as the first
// (Nguyen et al. 2024, section 3).
func (s *sampler) minP(r *ranking, n int) int {
	if s.MinP == 0 {
		return n
	}
	least := float64(r.at(0).logit) + math.Log(s.MinP)
	for i := range n {
		if float64(r.at(i).logit) < least {
			return max(i, 1)
		}
	}
	return n
}

// draw picks one of the n likeliest by their probabilities at the temperature.
func (s *sampler) draw(r *ranking, n int) int {
	whole := r.whole(n, s.Temperature)
	u := float64(s.random.Uint64()>>11) / (1 << 53)
	sum := 0.0
	for i := range n {
		if sum += r.weight(i, s.Temperature) / whole; u < sum {
			return r.at(i).id
		}
	}
	// Rounding has left the sum a little below one: the last that can be drawn at all.
	for i := n - 1; i > 0; i-- {
		if r.weight(i, s.Temperature)/whole > 0 {
			return r.at(i).id
		}
	}
	return r.at(0).id
}

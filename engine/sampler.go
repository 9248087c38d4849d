package engine

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
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

// A candidate is a token that may be chosen.
type candidate struct {
	id    int
	logit float32
	p     float64 // its probability, where a step has made one
}

func newSampler(s Sampling, seed uint64, choice int) *sampler {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(choice))
	return &sampler{Sampling: s, random: rand.New(rand.NewChaCha8(key)), recent: map[int]int{}}
}

// list lists all tokens with their logits, until the next call.
func (e *Engine) list(logits []float32) []candidate {
	e.candidates = e.candidates[:0]
	for id, l := range logits {
		e.candidates = append(e.candidates, candidate{id: id, logit: l})
	}
	return e.candidates
}

// next chooses the token that follows tokens from all candidates, in the order of their ids.
func (s *sampler) next(c []candidate, tokens []int) int {
	for id, bias := range s.LogitBias {
		c[id].logit += float32(bias)
	}
	s.penalise(c, tokens)
	if s.Temperature == 0 {
		return slices.MinFunc(c, likelier).id
	}
	c = s.topK(c)
	c = s.topP(c)
	c = s.minP(c)
	return s.draw(c)
}

// likelier orders candidates from the largest logit to the smallest, the lower id first.
func likelier(a, b candidate) int {
	if a.logit != b.logit {
		return cmp.Compare(b.logit, a.logit)
	}
	return cmp.Compare(a.id, b.id)
}

// penalise lowers the logits of recent tokens (Keskar et al. 2019, section 4.1, for the repeat
// penalty; OpenAI's frequency and presence penalties).
func (s *sampler) penalise(c []candidate, tokens []int) {
	if s.RepeatPenalty == 1 && s.FrequencyPenalty == 0 && s.PresencePenalty == 0 {
		return
	}
	clear(s.recent)
	for _, id := range tokens[max(0, len(tokens)-penaltyWindow):] {
		s.recent[id]++
	}
	for id, count := range s.recent {
		l := float64(c[id].logit)
		if l <= 0 {
			l *= s.RepeatPenalty
		} else {
			l /= s.RepeatPenalty
		}
		l -= float64(float64(count) * s.FrequencyPenalty)
		c[id].logit = float32(l - s.PresencePenalty)
	}
}

// topK sorts the k likeliest (Fan, Lewis and Dauphin 2018, section 5.4), or all.
func (s *sampler) topK(c []candidate) []candidate {
	if s.TopK > 0 && s.TopK < len(c) {
		selectFirst(c, s.TopK)
		c = c[:s.TopK]
	}
	slices.SortFunc(c, likelier)
	return c
}

// selectFirst brings the k likeliest to the front, in any order (Hoare 1961, algorithm 65).
func selectFirst(c []candidate, k int) {
	for len(c) > k && k > 0 {
		pivot := median(c[0], c[len(c)/2], c[len(c)-1])
		i, j := 0, len(c)-1
		for i <= j {
			for likelier(c[i], pivot) < 0 {
				i++
			}
			for likelier(pivot, c[j]) < 0 {
				j--
			}
			if i <= j {
				c[i], c[j] = c[j], c[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			c = c[:j+1]
		case k >= i:
			c, k = c[i:], k-i
		default:
			return
		}
	}
}

func median(a, b, c candidate) candidate {
	m := [...]candidate{a, b, c}
	slices.SortFunc(m[:], likelier)
	return m[1]
}

// topP keeps the shortest front of the sorted candidates whose probabilities reach P, and at
// least one (Holtzman et al. 2020, section 3.1). Probabilities are those at temperature 1.
func (s *sampler) topP(c []candidate) []candidate {
	if s.TopP >= 1 {
		return c
	}
	softmax(c, 1)
	sum := 0.0
	for i := range c {
		sum += c[i].p
		if sum >= s.TopP {
			return c[:i+1]
		}
	}
	return c
}

// minP keeps the sorted candidates that are at least P times as likely as the first
// (Nguyen et al. 2024, section 3).
func (s *sampler) minP(c []candidate) []candidate {
	if s.MinP == 0 {
		return c
	}
	least := float64(c[0].logit) + math.Log(s.MinP)
	for i := range c {
		if float64(c[i].logit) < least {
			return c[:max(i, 1)]
		}
	}
	return c
}

// draw picks one of the sorted candidates by their probabilities at the temperature.
func (s *sampler) draw(c []candidate) int {
	softmax(c, s.Temperature)
	u := float64(s.random.Uint64()>>11) / (1 << 53)
	sum := 0.0
	for i := range c {
		if sum += c[i].p; u < sum {
			return c[i].id
		}
	}
	// Rounding has left the sum a little below one: the last that can be drawn at all.
	for i := len(c) - 1; i > 0; i-- {
		if c[i].p > 0 {
			return c[i].id
		}
	}
	return c[0].id
}

// softmax sets the probabilities of sorted candidates.
func softmax(c []candidate, temperature float64) {
	sum := 0.0
	for i := range c {
		c[i].p = math.Exp((float64(c[i].logit) - float64(c[0].logit)) / temperature)
		sum += c[i].p
	}
	for i := range c {
		c[i].p /= sum
	}
}

package engine

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor"
)

// plainSampling changes nothing: every step is off.
var plainSampling = Sampling{Temperature: 1, TopP: 1, RepeatPenalty: 1}

// ranked is a ranking of logits, which may be infinite, as biases can make them.
func ranked(t rapid.TB, logits []float32) *ranking {
	pool := tensor.NewPool(1)
	defer pool.Close()
	x, err := tensor.NewExec(pool, "")
	if err != nil {
		t.Fatal(err)
	}
	r := &ranking{exec: x}
	r.set(logits)
	return r
}

// next chooses from logits as an engine has it done, and leaves them as they are.
func next(t rapid.TB, s *sampler, logits []float32, tokens []int) int {
	r, before := ranked(t, logits), slices.Clone(logits)
	id := s.next(r, tokens)
	if !slices.Equal(logits, before) {
		t.Fatalf("logits are %v after a token was chosen, and were %v", logits, before)
	}
	return id
}

// The draws are those of testdata/draws.py, an implementation apart. Of 2¹⁶ tokens that are alike
// a draw u takes the one whose place is u, with no rounding.
func TestDraws(t *testing.T) {
	file, err := os.ReadFile("testdata/draws.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded []struct {
		Seed         uint64
		Choice, Skip int
		Draws        []float64
	}
	if err := json.Unmarshal(file, &recorded); err != nil {
		t.Fatal(err)
	}
	logits := make([]float32, 1<<16)
	for _, r := range recorded {
		s := newSampler(plainSampling, r.Seed, r.Choice)
		for range r.Skip {
			next(t, s, logits[:1], nil)
		}
		for i, u := range r.Draws {
			if got, want := next(t, s, logits, nil), int(u*(1<<16)); got != want {
				t.Errorf("seed %d, choice %d, draw %d: token %d, want %d", r.Seed, r.Choice, r.Skip+i, got, want)
			}
		}
	}
}

// kept are the ids that can be drawn: what 200 draws gave.
func kept(t testing.TB, s Sampling, logits []float32, tokens []int) (ids []int) {
	for seed := range uint64(200) {
		ids = append(ids, next(t, newSampler(s, seed, 0), logits, tokens))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Each step alone, off and on, and pairs of steps that would do something else in another order.
// The temperature is high, so that what is kept is drawn.
func TestSteps(t *testing.T) {
	ban := math.Inf(-1)
	for _, test := range []struct {
		name   string
		change func(s *Sampling)
		logits []float32
		tokens []int
		want   []int
	}{
		{"all off", func(s *Sampling) {}, []float32{1, 2, -3}, nil, []int{0, 1, 2}},
		{"greedy", func(s *Sampling) { s.Temperature = 0 }, []float32{1, 3, 2}, nil, []int{1}},
		{"greedy, a tie", func(s *Sampling) { s.Temperature = 0 }, []float32{1, 3, 3}, nil, []int{1}},
		{"top-k 1", func(s *Sampling) { s.TopK = 1 }, []float32{1, 3, 2}, nil, []int{1}},
		{"top-k 2", func(s *Sampling) { s.TopK = 2 }, []float32{1, 3, 2}, nil, []int{1, 2}},
		{"top-k, a tie", func(s *Sampling) { s.TopK = 2 }, []float32{3, 3, 3}, nil, []int{0, 1}},
		{"top-k beyond all", func(s *Sampling) { s.TopK = 9 }, []float32{1, 3, 2}, nil, []int{0, 1, 2}},
		{"top-p 0", func(s *Sampling) { s.TopP = 0 }, []float32{3, 3, 2}, nil, []int{0}},
		{"top-p just reached", func(s *Sampling) { s.TopP = 0.5 }, []float32{7, 7, 7, 7}, nil, []int{0, 1}},
		{"top-p just passed", func(s *Sampling) { s.TopP = 0.51 }, []float32{7, 7, 7, 7}, nil, []int{0, 1, 2}},
		{"min-p", func(s *Sampling) { s.MinP = 0.1 }, []float32{0, -2.3, -2.31}, nil, []int{0, 1}},
		{"min-p 1", func(s *Sampling) { s.MinP = 1 }, []float32{5, 5, 4.99}, nil, []int{0, 1}},
		{"bias", func(s *Sampling) { s.LogitBias, s.TopK = map[int]float64{2: 1}, 1 }, []float32{3, 3, 2.5}, nil, []int{2}},
		{"a ban", func(s *Sampling) { s.LogitBias = map[int]float64{1: ban} }, []float32{3, 9, 2}, nil, []int{0, 2}},
		{"all banned", func(s *Sampling) { s.LogitBias = map[int]float64{0: ban, 1: ban} }, []float32{1, 2}, nil, []int{0}},
		{"a bias beyond float32", func(s *Sampling) { s.LogitBias = map[int]float64{1: 1e300} }, []float32{1, 2, 3}, nil, []int{1}},
		{"presence", func(s *Sampling) { s.PresencePenalty, s.TopK = 2, 1 }, []float32{3, 4, 0}, []int{1}, []int{0}},
		{"frequency", func(s *Sampling) { s.FrequencyPenalty, s.TopK = 1, 1 }, []float32{3, 4.5, 0}, []int{1, 1}, []int{0}},
		{"a token 64 back is recent", func(s *Sampling) { s.PresencePenalty, s.TopK = 2, 1 }, []float32{3, 4, 0},
			append([]int{1}, slices.Repeat([]int{2}, 63)...), []int{0}},
		{"a token 65 back is not", func(s *Sampling) { s.PresencePenalty, s.TopK = 2, 1 }, []float32{3, 4, 0},
			append([]int{1}, slices.Repeat([]int{2}, 64)...), []int{1}},
		{"greedy is penalised", func(s *Sampling) { s.FrequencyPenalty, s.Temperature = 2, 0 }, []float32{3, 4, 0}, []int{1}, []int{0}},

		// (−1 + 5)/2 is 2; −1·2 + 5 would be 3.
		{"bias before penalties", func(s *Sampling) {
			s.LogitBias, s.RepeatPenalty, s.TopK = map[int]float64{0: 5}, 2, 1
		}, []float32{-1, 2.5}, []int{0}, []int{1}},
		{"penalties before top-k", func(s *Sampling) { s.PresencePenalty, s.TopK = 5, 2 }, []float32{9, 8, 7}, []int{0}, []int{1, 2}},
		// Of all four the first has 0.48 and two are needed; of the first two it has 0.57.
		{"top-k before top-p", func(s *Sampling) { s.TopK, s.TopP = 2, 0.55 }, []float32{1.3, 1, -0.7, -0.7}, nil, []int{0}},
		// At temperature 1 the first has 0.73; at 50, 0.505.
		{"top-p before temperature", func(s *Sampling) { s.TopP = 0.7 }, []float32{1, 0}, nil, []int{0}},
		{"min-p before temperature", func(s *Sampling) { s.MinP = 0.5 }, []float32{1, 0}, nil, []int{0}},
	} {
		s := plainSampling
		s.Temperature = 50
		test.change(&s)
		if got := kept(t, s, test.logits, test.tokens); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v are drawn, want %v", test.name, got, test.want)
		}
	}
}

// someLogits draws logits: some alike, some huge, some not finite, as biases can make them.
func someLogits(t *rapid.T) []float32 {
	return rapid.SliceOfN(rapid.OneOf(
		rapid.Float32Range(-8, 8),
		rapid.SampledFrom([]float32{0, 1, 1.5, -1, math.MaxFloat32, -math.MaxFloat32,
			math.SmallestNonzeroFloat32, float32(math.Inf(-1)), float32(math.Inf(1))}),
	), 1, 40).Draw(t, "logits")
}

// The whole chain against reference, whatever the logits and the numbers.
func TestSamplerIsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logits := someLogits(t)
		id := rapid.IntRange(0, len(logits)-1)
		tokens := rapid.SliceOfN(id, 0, 100).Draw(t, "tokens")
		s := Sampling{
			Temperature:      rapid.SampledFrom([]float64{0, 1e-300, 0.5, 0.8, 1, 3, 1e300}).Draw(t, "temperature"),
			TopK:             rapid.SampledFrom([]int{0, 1, 2, 5, 1000}).Draw(t, "top-k"),
			TopP:             rapid.SampledFrom([]float64{0, 0.3, 0.9, 0.999, 1}).Draw(t, "top-p"),
			MinP:             rapid.SampledFrom([]float64{0, 0.01, 0.3, 1}).Draw(t, "min-p"),
			RepeatPenalty:    rapid.SampledFrom([]float64{1, 0.5, 1.3}).Draw(t, "repeat"),
			FrequencyPenalty: rapid.SampledFrom([]float64{0, -0.2, 0.7}).Draw(t, "frequency"),
			PresencePenalty:  rapid.SampledFrom([]float64{0, -0.2, 0.7}).Draw(t, "presence"),
			LogitBias:        rapid.MapOfN(id, rapid.Float64Range(-9, 9), 0, 3).Draw(t, "bias"),
		}
		seed := rapid.Uint64().Draw(t, "seed")
		tested, draws := newSampler(s, seed, 3), newSampler(s, seed, 3).random
		for range 3 {
			u := 0.0
			if s.Temperature > 0 {
				u = float64(draws.Uint64()>>11) / (1 << 53)
			}
			if got, want := next(t, tested, logits, tokens), reference(s, logits, tokens, u); got != want {
				t.Fatalf("token %d with the draw %v, want %d", got, u, want)
			}
		}
	})
}

// reference is the chain written down plainly, with a list that is sorted once.
func reference(s Sampling, logits []float32, tokens []int, u float64) int {
	type token struct {
		id    int
		logit float64
	}
	var list []token
	recent := tokens[max(0, len(tokens)-64):]
	for id, l := range logits {
		l += float32(s.LogitBias[id])
		count := 0
		for _, r := range recent {
			if r == id {
				count++
			}
		}
		if count > 0 {
			p := float64(l)
			if p > 0 {
				p /= s.RepeatPenalty
			} else {
				p *= s.RepeatPenalty
			}
			l = float32(p - float64(float64(count)*s.FrequencyPenalty) - s.PresencePenalty)
		}
		list = append(list, token{id, float64(l)})
	}
	slices.SortStableFunc(list, func(a, b token) int {
		switch {
		case a.logit > b.logit:
			return -1
		case a.logit < b.logit:
			return 1
		}
		return 0
	})
	if best := list[0]; s.Temperature == 0 || math.IsInf(best.logit, 0) {
		return best.id // without the infinite there is nothing to compute with
	}
	if s.TopK > 0 {
		list = list[:min(s.TopK, len(list))]
	}
	// mass is the probability of the first n of list at a temperature.
	mass := func(n int, temperature float64) float64 {
		part, whole := 0.0, 0.0
		for _, t := range list {
			whole += math.Exp((t.logit - list[0].logit) / temperature)
		}
		for _, t := range list[:n] {
			part += math.Exp((t.logit-list[0].logit)/temperature) / whole
		}
		return part
	}
	if s.TopP < 1 {
		for n := range list {
			if mass(n+1, 1) >= s.TopP {
				list = list[:n+1]
				break
			}
		}
	}
	if s.MinP > 0 {
		list = slices.DeleteFunc(list, func(t token) bool { return t.logit < list[0].logit+math.Log(s.MinP) })
	}
	for n, t := range list {
		if u < mass(n+1, s.Temperature) {
			return t.id
		}
	}
	return list[len(list)-1].id
}

// The penalties are llama.cpp's: llama_sampler_penalties_apply, which computes in float32, over
// the last 64 tokens.
func TestPenalties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		repeat := rapid.Float32Range(0.1, 4).Draw(t, "repeat")
		frequency := rapid.Float32Range(-2, 2).Draw(t, "frequency")
		presence := rapid.Float32Range(-2, 2).Draw(t, "presence")
		logits := rapid.SliceOfN(rapid.Float32Range(-9, 9), 5, 5).Draw(t, "logits")
		tokens := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 90).Draw(t, "tokens")
		s := newSampler(Sampling{RepeatPenalty: float64(repeat), FrequencyPenalty: float64(frequency),
			PresencePenalty: float64(presence)}, 0, 0)
		got := ranked(t, slices.Clone(logits))
		s.penalise(got, tokens)

		for id, l := range logits {
			count := 0
			for i, token := range tokens {
				if token == id && len(tokens)-i <= 64 {
					count++
				}
			}
			largest := float64(max(l, -l))
			if count > 0 {
				if l <= 0 {
					l *= repeat
				} else {
					l /= repeat
				}
				taken := float32(float32(count)*frequency) + presence
				largest = max(largest, math.Abs(float64(l)), math.Abs(float64(taken)), 2)
				l -= taken
			}
			if d := float64(got.logits[id]) - float64(l); math.Abs(d) > 1e-6*largest {
				t.Fatalf("token %d, there %d times: %v, want %v", id, count, got.logits[id], l)
			}
		}
	})
}

// A ranking is the order of all tokens, however far it is asked for, and also after changes.
func TestRanking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logits := someLogits(t)
		if rapid.Bool().Draw(t, "long") { // over several runs, with many alike
			for seed := rapid.Uint32().Draw(t, "seed"); len(logits) < 3000; seed = seed*1664525 + 1013904223 {
				logits = append(logits, float32(seed>>22)/8)
			}
		}
		r := ranked(t, slices.Clone(logits))
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			id := rapid.IntRange(0, len(logits)-1).Draw(t, "id")
			r.change(id, rapid.Float32Range(-9, 200).Draw(t, "logit"))
		}
		check := func() {
			var sorted []candidate
			for id, l := range r.logits {
				sorted = append(sorted, candidate{id, l})
			}
			slices.SortFunc(sorted, likelier)
			if got := r.first(); got != sorted[0].id {
				t.Fatalf("first is %d, not %d", got, sorted[0].id)
			}
			for _, k := range rapid.SliceOfN(rapid.IntRange(0, len(logits)), 1, 4).Draw(t, "fronts") {
				if !slices.Equal(r.front(k), sorted[:k]) {
					t.Fatalf("the first %d are not the likeliest", k)
				}
				if i := max(0, k-1); r.at(i) != sorted[i] {
					t.Fatalf("token %d of the order is %v, not %v", i, r.at(i), sorted[i])
				}
			}
		}
		check()
		r.restore()
		if !slices.Equal(r.logits, logits) {
			t.Fatal("restore does not take changes back")
		}
		check()
	})
}

// BenchmarkChoose is one token of GPT-2's vocabulary.
func BenchmarkChoose(b *testing.B) {
	logits, random := make([]float32, 50257), rand.New(rand.NewPCG(1, 1))
	for i := range logits {
		logits[i] = float32(3 * random.NormFloat64())
	}
	r := ranked(b, logits)
	for _, c := range []struct {
		name string
		Sampling
	}{
		{"greedy", Sampling{TopP: 1, RepeatPenalty: 1}},
		{"default", Default().Sampling},
		{"top-k=0", Sampling{Temperature: 1, TopP: 0.95, RepeatPenalty: 1}},
		{"all", plainSampling},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newSampler(c.Sampling, 1, 0)
			for b.Loop() {
				r.set(logits)
				s.next(r, nil)
			}
		})
	}
}

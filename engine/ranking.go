package engine

import (
	"cmp"
	"slices"

	"github.com/gptmeter/gptmeter/tensor"
)

// A candidate is a token that may be chosen.
type candidate struct {
	id    int
	logit float32
}

// A ranking orders the tokens of a row of logits from the likeliest on, as far as it is asked to:
// most of a vocabulary is passed over by the maxima of its runs.
type ranking struct {
	exec   *tensor.Exec
	logits []float32
	maxima []float32   // of each run
	list   []candidate // the likeliest, sorted
	all    []candidate // room for all
	before []candidate // tokens whose logits were changed, with what they were
}

// runTokens is how many tokens have a maximum together.
const runTokens = 256

// set begins with a row, and tells whether all of it are finite numbers.
func (r *ranking) set(logits []float32) (finite bool) {
	runs := (len(logits) + runTokens - 1) / runTokens
	r.logits, r.list, r.before = logits, r.list[:0], r.before[:0]
	r.maxima = slices.Grow(r.maxima[:0], runs)[:runs]
	return r.exec.Maxima(r.maxima, logits, runTokens)
}

// runOf are the logits of a run.
func (r *ranking) runOf(i int) []float32 {
	return r.logits[i*runTokens : min((i+1)*runTokens, len(r.logits))]
}

// change sets the logit of a token until restore.
func (r *ranking) change(id int, logit float32) {
	r.before = append(r.before, candidate{id, r.logits[id]})
	r.put(id, logit)
}

// restore takes all changes back.
func (r *ranking) restore() {
	for _, c := range slices.Backward(r.before) {
		r.put(c.id, c.logit)
	}
	r.before = r.before[:0]
}

func (r *ranking) put(id int, logit float32) {
	r.logits[id], r.list = logit, r.list[:0]
	r.exec.Maxima(r.maxima[id/runTokens:][:1], r.runOf(id/runTokens), runTokens)
}

// likelier orders candidates from the largest logit to the smallest, the lower id first.
func likelier(a, b candidate) int {
	if a.logit != b.logit {
		return cmp.Compare(b.logit, a.logit)
	}
	return cmp.Compare(a.id, b.id)
}

// first is the likeliest token, the lowest id where several are.
func (r *ranking) first() int {
	best := 0
	for i, m := range r.maxima {
		if m > r.maxima[best] {
			best = i
		}
	}
	return best*runTokens + slices.Index(r.runOf(best), r.maxima[best])
}

// at is the token that i others are likelier than.
func (r *ranking) at(i int) candidate {
	if i >= len(r.list) {
		r.front(min(max(32, 8*i), len(r.logits)))
	}
	return r.list[i]
}

// front are the k likeliest, sorted, until the next call of another method.
func (r *ranking) front(k int) []candidate {
	const few = 256 // are inserted one by one
	switch {
	case k <= len(r.list):
	case k <= few:
		r.insert(k)
	default:
		r.all = r.all[:0]
		for id, l := range r.logits {
			r.all = append(r.all, candidate{id, l})
		}
		selectFirst(r.all, k)
		r.list = append(r.list[:0], r.all[:k]...)
		slices.SortFunc(r.list, likelier)
	}
	return r.list[:k]
}

// insert lists the k likeliest. Ids rise, so one that is no likelier than the last comes after it.
func (r *ranking) insert(k int) {
	r.list = r.list[:0]
	for i, m := range r.maxima {
		if len(r.list) == k && m <= r.list[k-1].logit {
			continue
		}
		for j, l := range r.runOf(i) {
			if len(r.list) == k {
				if l <= r.list[k-1].logit {
					continue
				}
				r.list = r.list[:k-1]
			}
			c := candidate{i*runTokens + j, l}
			at, _ := slices.BinarySearchFunc(r.list, c, likelier)
			r.list = slices.Insert(r.list, at, c)
		}
	}
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

package tokenizer

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// mergeOneByOne is the definition: while any pair merges, merge the leftmost of the lowest rank.
func mergeOneByOne(ids []int, merges map[pair]merge) []int {
	ids = slices.Clone(ids)
	for {
		best, at := merge{}, -1
		for i := range len(ids) - 1 {
			m, ok := merges[pair{int32(ids[i]), int32(ids[i+1])}]
			if ok && (at < 0 || m.rank < best.rank) {
				best, at = m, i
			}
		}
		if at < 0 {
			return ids
		}
		ids[at] = int(best.id)
		ids = slices.Delete(ids, at+1, at+2)
	}
}

func TestMergerRun(t *testing.T) {
	var m merger // one for all: its memory must come back empty
	rapid.Check(t, func(t *rapid.T) {
		const letters = 3
		merges := map[pair]merge{}
		for range rapid.IntRange(0, 12).Draw(t, "merges") {
			id := letters + int32(len(merges)) // each product is of one pair
			known := rapid.Int32Range(0, id-1)
			p := pair{known.Draw(t, "left"), known.Draw(t, "right")}
			if _, ok := merges[p]; !ok {
				merges[p] = merge{rank: id, id: id}
			}
		}
		word := rapid.SliceOfN(rapid.IntRange(0, letters-1), 0, 40).Draw(t, "word")
		for _, id := range word {
			m.add(int32(id))
		}
		if got, want := m.run(nil, merges), mergeOneByOne(word, merges); !slices.Equal(got, want) {
			t.Fatalf("%v\n got %v\nwant %v\nmerges %v", word, got, want, merges)
		}
	})
}

func TestQueueOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Int32Range(0, 3)
		var q queue
		var want []candidate
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			c := candidate{rank: small.Draw(t, "rank"), at: small.Draw(t, "at")}
			q.push(c)
			want = append(want, c)
		}
		slices.SortFunc(want, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.at, b.at))
		})
		for _, w := range want {
			if got := q.pop(); got != w {
				t.Fatalf("popped %v, want %v", got, w)
			}
		}
	})
}

package tokenizer

// pair is two tokens' ids side by side.
type pair struct{ left, right int32 }

// merge says when a pair is joined, lowest rank first, and to which token.
type merge struct{ rank, id int32 }

// merger joins the symbols of one word. Its zero value is ready; its memory is kept between words.
type merger struct {
	symbols []linked
	queue   queue
}

// linked is one symbol of a word in a doubly linked list; prev and next are -1 at the ends.
type linked struct {
	id, prev, next int32
	gone           bool // joined to the symbol on its left
}

// add puts a token at the end of the word.
func (m *merger) add(id int32) {
	n := int32(len(m.symbols))
	if n > 0 {
		m.symbols[n-1].next = n
	}
	m.symbols = append(m.symbols, linked{id: id, prev: n - 1, next: -1})
}

// run merges until no pair is left, appends the ids that remain to dst and empties the word. It is
// tokenizers' Word::merge_all, in n log n of the word's length, and keeps to it in this too: an entry
// of the queue whose pair is gone still counts where the pair now at its place has the same product.
func (m *merger) run(dst []int, merges map[pair]merge) []int {
	for i := range m.symbols {
		m.offer(int32(i), merges)
	}
	for len(m.queue) > 0 {
		top := m.queue.pop()
		left := &m.symbols[top.at]
		if left.gone || left.next < 0 {
			continue
		}
		right := &m.symbols[left.next]
		if now, ok := merges[pair{left.id, right.id}]; !ok || now.id != top.id {
			continue
		}
		right.gone = true
		left.id, left.next = top.id, right.next
		if left.next >= 0 {
			m.symbols[left.next].prev = top.at
		}
		if left.prev >= 0 {
			m.offer(left.prev, merges)
		}
		m.offer(top.at, merges)
	}
	for _, s := range m.symbols {
		if !s.gone {
			dst = append(dst, int(s.id))
		}
	}
	m.symbols = m.symbols[:0]
	return dst
}

// offer queues the pair that begins at i, where there is one to merge.
func (m *merger) offer(i int32, merges map[pair]merge) {
	next := m.symbols[i].next
	if next < 0 {
		return
	}
	if found, ok := merges[pair{m.symbols[i].id, m.symbols[next].id}]; ok {
		m.queue.push(candidate{rank: found.rank, at: i, id: found.id})
	}
}

// candidate is a merge that was possible at a place when it was queued.
type candidate struct{ rank, at, id int32 }

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.at < d.at
}

// queue is a binary heap, first by rank, then from the left. container/heap would box every entry.
type queue []candidate

func (q *queue) push(c candidate) {
	*q = append(*q, c)
	h := *q
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !c.before(h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = c
}

func (q *queue) pop() candidate {
	h := *q
	top, c := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*q = h
	if len(h) == 0 {
		return top
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(c) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = c
	return top
}

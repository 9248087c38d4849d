package tokenizer

import (
	"iter"
	"unicode/utf8"
)

// matcher finds added tokens in a text: of those that begin furthest left, the longest, then on from
// its end. It is a trie over bytes; node 0 is the root. Its zero value finds nothing.
type matcher struct {
	starts [256]bool // the bytes that tokens begin with
	next   map[edge]int
	tokens map[int]*addedToken // by the node that they end at
}

type edge struct {
	node int
	b    byte
}

// add takes tokens whose contents are not empty.
func (m *matcher) add(token *addedToken) {
	if m.next == nil {
		m.next, m.tokens = map[edge]int{}, map[int]*addedToken{}
	}
	m.starts[token.Content[0]] = true
	node := 0
	for i := range len(token.Content) {
		e := edge{node, token.Content[i]}
		if m.next[e] == 0 {
			m.next[e] = len(m.next) + 1
		}
		node = m.next[e]
	}
	m.tokens[node] = token
}

// longest gives the longest token that text begins with, nil where there is none.
func (m *matcher) longest(text string) *addedToken {
	var found *addedToken
	node := 0
	for i := range len(text) {
		if node = m.next[edge{node, text[i]}]; node == 0 {
			break
		}
		if token := m.tokens[node]; token != nil {
			found = token
		}
	}
	return found
}

// split gives text's parts in order: what lies between tokens, with a nil token, and the tokens with
// what they strip. Where what one token strips on its right holds the next one, the parts overlap,
// as they do in tokenizers' AddedVocabulary::find_matches.
func (m *matcher) split(text string) iter.Seq2[string, *addedToken] {
	return func(yield func(string, *addedToken) bool) {
		var done, at, stripped int // stripped is where spaces end that were seen to the right of a token
		for at < len(text) {
			if !m.starts[text[at]] {
				at++
				continue
			}
			token := m.longest(text[at:])
			if token == nil {
				at++
				continue
			}
			begin, end := at, at+len(token.Content)
			at = end
			if token.LStrip {
				begin = max(begin-spaceBefore(text[min(done, begin):begin]), done)
			}
			if token.RStrip {
				if end >= stripped {
					n, _ := runLen(text[end:], space)
					stripped = end + n
				}
				end = stripped
			}
			if done < begin && !yield(text[done:begin], nil) {
				return
			}
			if begin < end && !yield(text[begin:end], token) {
				return
			}
			done = end
		}
		if done < len(text) {
			yield(text[done:], nil)
		}
	}
}

// spaceBefore gives the length in bytes of the spaces that text ends with.
func spaceBefore(text string) int {
	n := len(text)
	for n > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:n])
		if classOf(r) != space {
			break
		}
		n -= size
	}
	return len(text) - n
}

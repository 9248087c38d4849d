package tokenizer

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// matcher finds added tokens in a text: of those that begin furthest left, the longest, then on from
// its end. It is a trie over bytes; node 0 is the root.
type matcher struct {
	nodes  []trieNode
	starts string // the characters that tokens begin with
}

type trieNode struct {
	next  map[byte]int
	token *addedToken // that ends here
}

// add takes tokens whose contents are not empty.
func (m *matcher) add(token *addedToken) {
	if m.nodes == nil {
		m.nodes = []trieNode{{next: map[byte]int{}}}
	}
	if r, size := utf8.DecodeRuneInString(token.Content); !strings.ContainsRune(m.starts, r) {
		m.starts += token.Content[:size]
	}
	at := 0
	for i := range len(token.Content) {
		b := token.Content[i]
		next, ok := m.nodes[at].next[b]
		if !ok {
			next = len(m.nodes)
			m.nodes = append(m.nodes, trieNode{next: map[byte]int{}})
			m.nodes[at].next[b] = next
		}
		at = next
	}
	m.nodes[at].token = token
}

// longest gives the longest token that text begins with, nil where there is none.
func (m *matcher) longest(text string) *addedToken {
	var found *addedToken
	at := 0
	for i := range len(text) {
		next, ok := m.nodes[at].next[text[i]]
		if !ok {
			break
		}
		at = next
		if token := m.nodes[at].token; token != nil {
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
		for {
			skip := strings.IndexAny(text[at:], m.starts)
			if skip < 0 {
				break
			}
			at += skip
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

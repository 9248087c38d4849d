package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// bpe is the Go Tokenizer. Only its cache changes after newBPE.
type bpe struct {
	vocab    vocabulary // of the model and the added tokens
	special  map[int]bool
	verbatim matcher // of added tokens found before normalization,
	after    matcher // and after it, in what the first left over

	prefixSpace bool
	words       bool // cut text with GPT-2's expression

	byteID  [256]int32 // -1 where the vocabulary lacks the byte
	unk     int32      // stands for such bytes, -1 where they are dropped
	fuseUnk bool       // one for each run of them
	merges  map[pair]merge
	whole   map[string]int // words that are tokens as they stand, with ignore_merges

	cache cache
}

func (t *bpe) Encode(text string) []int {
	if !utf8.ValidString(text) {
		text = lossy([]byte(text))
	}
	ids := make([]int, 0, len(text)/4+1) // English has about 4.5 bytes a token
	var m merger
	for part, token := range t.verbatim.split(text) {
		if token != nil {
			ids = append(ids, token.ID)
			continue
		}
		for part, token := range t.after.split(part) {
			if token != nil {
				ids = append(ids, token.ID)
			} else {
				ids = t.appendText(ids, part, &m)
			}
		}
	}
	return ids
}

// appendText encodes text, not empty, that holds no added token.
func (t *bpe) appendText(ids []int, text string, m *merger) []int {
	if t.prefixSpace && text[0] != ' ' {
		text = " " + text
	}
	if !t.words {
		return t.appendWord(ids, text, m)
	}
	for len(text) > 0 {
		n := wordLen(text)
		ids = t.appendWord(ids, text[:n], m)
		text = text[n:]
	}
	return ids
}

func (t *bpe) appendWord(ids []int, word string, m *merger) []int {
	if cached, ok := t.cache.get(word); ok {
		return append(ids, cached...)
	}
	begin := len(ids)
	ids = t.appendMerged(ids, word, m)
	t.cache.put(word, ids[begin:])
	return ids
}

func (t *bpe) appendMerged(ids []int, word string, m *merger) []int {
	if id, ok := t.whole[word]; ok {
		return append(ids, id)
	}
	fusing := false
	for i := range len(word) {
		id := t.byteID[word[i]]
		if id >= 0 {
			m.add(id)
			fusing = false
		} else if t.unk >= 0 && !fusing {
			m.add(t.unk)
			fusing = t.fuseUnk
		}
	}
	return m.run(ids, t.merges)
}

func (t *bpe) Decode(ids []int) string {
	var b []byte
	for _, id := range ids {
		b = appendBytes(b, t.Token(id))
	}
	return lossy(b)
}

func (t *bpe) Token(id int) string {
	token, _ := t.vocab.lookup(id)
	return token
}

func (t *bpe) Bytes(id int) []byte {
	return appendBytes(nil, t.Token(id))
}

func (t *bpe) Special(id int) bool { return t.special[id] }

func (t *bpe) ID(token string) (int, bool) {
	id, ok := t.vocab.ids[token]
	return id, ok
}

func (t *bpe) Size() int { return len(t.vocab.tokens) }

func (t *bpe) Close() error { return nil }

// lossy gives b as text, each maximal part of a broken character as one U+FFFD.
func lossy(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var text strings.Builder
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			for size < len(b) && !utf8.FullRune(b[:size+1]) {
				size++
			}
		}
		text.WriteRune(r)
		b = b[size:]
	}
	return text.String()
}

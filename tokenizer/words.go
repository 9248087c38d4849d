package tokenizer

import (
	"errors"
	"fmt"
	"io/fs"
)

// Words are a tokenizer as formats keep it that have no words for the rest: GPT-2's own pipeline, and
// tables.
type Words struct {
	Tokens []string     // by id, in the vocabulary's own spelling; "" where an id stands for nothing
	Merges [][2]string  // by rank
	Added  map[int]bool // the ids of added tokens, which are found in a text as they stand: whether they are special
}

// ReadWords reads the tokenizer of a model's folder. One that does anything which Words cannot say
// is refused.
func ReadWords(dir fs.FS) (*Words, error) {
	d, err := readDocument(dir)
	if err != nil {
		return nil, err
	}
	w, err := newWords(d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.file, err)
	}
	return w, nil
}

func newWords(d *document) (*Words, error) {
	t, err := newBPE(d)
	switch {
	case err != nil:
		return nil, err
	case t.prefixSpace:
		return nil, errors.New("add_prefix_space is more than tables can say")
	case !t.words:
		return nil, errors.New("use_regex false is more than tables can say")
	case t.whole != nil:
		return nil, errors.New("ignore_merges is more than tables can say")
	case t.unk >= 0:
		return nil, errors.New("unk_token is more than tables can say")
	}
	w := &Words{Tokens: t.vocab.tokens, Merges: d.Model.Merges, Added: map[int]bool{}}
	for _, token := range d.AddedTokens {
		if token.LStrip || token.RStrip {
			return nil, fmt.Errorf("added token %q strips spaces, which is more than tables can say", token.Content)
		}
		w.Added[token.ID] = token.Special
	}
	return w, nil
}

package tokenizer

import (
	"errors"
	"fmt"
)

// newBPE builds the tokenizer that d describes, or says what of it is wrong or not to be had here.
func newBPE(d *document) (*bpe, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := d.checkUnsupported(); err != nil {
		return nil, err
	}
	t := &bpe{
		vocab:       d.Model.Vocab,
		prefixSpace: d.PreTokenizer.AddPrefixSpace,
		words:       d.PreTokenizer.UseRegex == nil || *d.PreTokenizer.UseRegex,
		fuseUnk:     d.Model.FuseUnk,
	}
	if err := t.setBytes(&d.Model); err != nil {
		return nil, err
	}
	if err := t.setMerges(d.Model.Merges); err != nil {
		return nil, err
	}
	if d.Model.IgnoreMerges {
		t.whole = make(map[string]int, len(t.vocab.ids))
		for token, id := range t.vocab.ids {
			if word, ok := appendSpelled(nil, token); ok {
				t.whole[string(word)] = id
			}
		}
	}
	return t, t.setAdded(d.AddedTokens)
}

// check refuses what no implementation should be given.
func (d *document) check() error {
	if d.Version != nil && *d.Version != "1.0" {
		return fmt.Errorf("version %q is not 1.0", *d.Version)
	}
	return nil
}

// checkUnsupported refuses what would change a result and is not implemented here.
func (d *document) checkUnsupported() error {
	m := &d.Model
	switch {
	case m.Type != nil && *m.Type != "BPE":
		return unsupported("model", *m.Type)
	case m.Vocab.ids == nil:
		return errNoVocab
	case m.Merges == nil:
		return errors.New("model has no merges")
	case m.Dropout != nil && *m.Dropout != 0:
		return unsupported("dropout", fmt.Sprint(*m.Dropout))
	case m.ContinuingSubwordPrefix != "":
		return unsupported("continuing_subword_prefix", m.ContinuingSubwordPrefix)
	case m.EndOfWordSuffix != "":
		return unsupported("end_of_word_suffix", m.EndOfWordSuffix)
	case d.Normalizer != nil:
		return unsupported("normalizer", d.Normalizer.Type)
	case d.PreTokenizer == nil || d.PreTokenizer.Type != "ByteLevel":
		return unsupported("pre_tokenizer", d.PreTokenizer.name())
	case d.Decoder == nil || d.Decoder.Type != "ByteLevel":
		return unsupported("decoder", d.Decoder.name())
	case !d.PostProcessor.harmless():
		return unsupported("post_processor", d.PostProcessor.name())
	}
	return nil
}

func unsupported(part, value string) error {
	return fmt.Errorf("%s %q: %w", part, value, ErrNeedsDaulet)
}

// name is the type of a stage, for errors.
func (s *stage) name() string {
	if s == nil {
		return "none"
	}
	return s.Type
}

// harmless says that a post-processor leaves the ids alone where no special tokens are asked for.
func (s *stage) harmless() bool {
	if s == nil {
		return true
	}
	switch s.Type {
	case "ByteLevel", "BertProcessing", "RobertaProcessing":
		return true
	case "TemplateProcessing":
		texts := 0
		for _, p := range s.Single {
			if p.Sequence != nil {
				if p.Sequence.ID != "A" {
					return false
				}
				texts++
			}
		}
		return texts == 1
	case "Sequence":
		for i := range s.Processors {
			if !s.Processors[i].harmless() {
				return false
			}
		}
		return true
	}
	return false
}

// setBytes looks up the 256 letters, and unk_token where it can be needed.
func (t *bpe) setBytes(m *bpeModel) error {
	t.unk = -1
	missing := false
	for b, letter := range letterOf {
		id, ok := t.vocab.ids[string(letter)]
		if !ok {
			id, missing = -1, true
		}
		t.byteID[b] = int32(id)
	}
	if !missing {
		return nil
	}
	if m.ByteFallback {
		return unsupported("byte_fallback", "true")
	}
	if m.UnkToken != nil {
		id, ok := t.vocab.ids[*m.UnkToken]
		if !ok {
			return fmt.Errorf("unk_token %q is not in the vocabulary", *m.UnkToken)
		}
		t.unk = int32(id)
	}
	return nil
}

// setMerges looks up each merge's two tokens and their product. Of a pair that is there twice, the last counts.
func (t *bpe) setMerges(list mergeList) error {
	t.merges = make(map[pair]merge, len(list))
	var product []byte
	for rank, tokens := range list {
		left, okLeft := t.vocab.ids[tokens[0]]
		right, okRight := t.vocab.ids[tokens[1]]
		product = append(append(product[:0], tokens[0]...), tokens[1]...)
		id, ok := t.vocab.ids[string(product)]
		for i, missing := range [...]bool{!okLeft, !okRight, !ok} {
			if missing {
				name := [...]string{tokens[0], tokens[1], string(product)}[i]
				return fmt.Errorf("merge %d, of %q and %q, needs token %q, which is not in the vocabulary", rank, tokens[0], tokens[1], name)
			}
		}
		t.merges[pair{int32(left), int32(right)}] = merge{rank: int32(rank), id: int32(id)}
	}
	return nil
}

// setAdded takes the added tokens that Encode finds.
func (t *bpe) setAdded(tokens []addedToken) error {
	if err := t.vocab.add(tokens); err != nil {
		return err
	}
	t.special = map[int]bool{}
	for i := range tokens {
		token := &tokens[i]
		switch {
		case token.SingleWord:
			return unsupported("single_word added token", token.Content)
		case token.Normalized:
			t.after.add(token)
		default:
			t.verbatim.add(token)
		}
		if token.Special {
			t.special[token.ID] = true
		}
	}
	return nil
}

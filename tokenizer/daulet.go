//go:build daulet

package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/daulet/tokenizers"
)

// dauletTokenizer is the Rust library behind cgo. Its interface knows texts and ids only, so the
// spellings are read from the file here.
type dauletTokenizer struct {
	rust      *tokenizers.Tokenizer
	vocab     vocabulary
	special   map[int]bool
	byteLevel bool // the decoder joins the tokens' bytes
}

// OpenDaulet is Open with github.com/daulet/tokenizers, for every tokenizer.json that it can load,
// with the whole text whatever its truncation and padding are. U+0000 cannot pass its C interface: Encode reads it as
// U+FFFD, and where it comes up in a text of a decoder other than ByteLevel, Decode is empty.
func OpenDaulet(dir fs.FS) (Tokenizer, error) {
	data, err := readFile(dir, "tokenizer.json")
	if errors.Is(err, fs.ErrNotExist) {
		d, err := readDocument(dir)
		if err != nil {
			return nil, err
		}
		if data, err = d.marshal(); err != nil {
			return nil, fmt.Errorf("%s: %w", d.file, err)
		}
	} else if err != nil {
		return nil, err
	}
	t, err := newDaulet(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	return t, nil
}

func openDaulet(dir fs.FS) (Tokenizer, error) { return OpenDaulet(dir) }

func newDaulet(data []byte) (*dauletTokenizer, error) {
	var file struct {
		document
		Model struct {
			Vocab json.RawMessage `json:"vocab"`
		} `json:"model"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	if err := file.check(); err != nil {
		return nil, err
	}
	t := &dauletTokenizer{special: map[int]bool{}, byteLevel: file.Decoder != nil && file.Decoder.Type == "ByteLevel"}
	if err := t.readVocab(file.Model.Vocab); err != nil {
		return nil, err
	}
	if err := t.vocab.add(file.AddedTokens); err != nil {
		return nil, err
	}
	for _, token := range file.AddedTokens {
		t.special[token.ID] = token.Special
	}
	data, err := withWholeText(data)
	if err != nil {
		return nil, err
	}
	t.rust, err = tokenizers.FromBytes(data)
	return t, err
}

// withWholeText is a tokenizer.json without truncation and padding.
func withWholeText(data []byte) ([]byte, error) {
	var file map[string]json.RawMessage
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	delete(file, "truncation")
	delete(file, "padding")
	return json.Marshal(file)
}

// readVocab reads the vocabulary of any model: an object, or Unigram's list of [token, score].
func (t *dauletTokenizer) readVocab(data json.RawMessage) error {
	var list [][]any
	if json.Unmarshal(data, &list) != nil {
		if err := json.Unmarshal(data, &t.vocab); err != nil || t.vocab.ids != nil {
			return err
		}
		return errNoVocab
	}
	t.vocab.ids = make(map[string]int, len(list))
	for id, entry := range list {
		if len(entry) == 0 {
			return fmt.Errorf("vocab[%d] is empty", id)
		}
		token, ok := entry[0].(string)
		if !ok {
			return fmt.Errorf("vocab[%d] is not a string and a score", id)
		}
		if err := t.vocab.set(token, id); err != nil {
			return fmt.Errorf("vocab: %w", err)
		}
	}
	return nil
}

// marshal writes a document that was made of vocab.json and merges.txt as a tokenizer.json.
func (d *document) marshal() ([]byte, error) {
	byteLevel := map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
	return json.Marshal(map[string]any{
		"added_tokens":  append([]addedToken{}, d.AddedTokens...), // null would be no list
		"pre_tokenizer": byteLevel,
		"decoder":       byteLevel,
		"model":         map[string]any{"type": "BPE", "vocab": d.Model.Vocab.ids, "merges": d.Model.Merges},
	})
}

func (t *dauletTokenizer) Encode(text string) []int {
	encoded := t.rust.EncodeWithOptions(strings.ReplaceAll(text, "\x00", "\uFFFD"), false)
	ids := make([]int, len(encoded.IDs))
	for i, id := range encoded.IDs {
		ids[i] = int(id)
	}
	return ids
}

func (t *dauletTokenizer) Decode(ids []int) string {
	known := make([]uint32, 0, len(ids))
	var spelled []byte
	for _, id := range ids {
		if token, ok := t.vocab.lookup(id); ok {
			known = append(known, uint32(id))
			spelled = appendBytes(spelled, token)
		}
	}
	text := t.rust.Decode(known, false)
	if text == "" && t.byteLevel {
		return lossy(spelled) // it holds U+0000, where the C interface gives nothing
	}
	return text
}

func (t *dauletTokenizer) Token(id int) string {
	token, _ := t.vocab.lookup(id)
	return token
}

func (t *dauletTokenizer) Bytes(id int) []byte {
	token, ok := t.vocab.lookup(id)
	if !ok {
		return nil
	}
	if t.byteLevel {
		return appendBytes(nil, token)
	}
	return []byte(t.Decode([]int{id}))
}

func (t *dauletTokenizer) Special(id int) bool { return t.special[id] }

func (t *dauletTokenizer) ID(token string) (int, bool) {
	id, ok := t.vocab.ids[token]
	return id, ok
}

func (t *dauletTokenizer) Size() int { return len(t.vocab.tokens) }

func (t *dauletTokenizer) Close() error { return t.rust.Close() }

func (t *dauletTokenizer) newStream() stream {
	if t.byteLevel {
		return &byteStream{t: t}
	}
	return &textStream{t: t}
}

// textStream is for decoders whose text depends on the tokens around: WordPiece, Metaspace and
// others that only ever append to what they gave, except that bytes spelled as <0x..> are read as a
// run, which is not settled before another token comes.
type textStream struct {
	t    Tokenizer
	ids  []int
	sent int // bytes of text
}

func (s *textStream) add(id int) string {
	s.ids = append(s.ids, id)
	if strings.HasPrefix(s.t.Token(id), "<0x") {
		return ""
	}
	return s.flush()
}

func (s *textStream) flush() string {
	text := s.t.Decode(s.ids)
	text, s.sent = text[min(s.sent, len(text)):], len(text)
	return text
}

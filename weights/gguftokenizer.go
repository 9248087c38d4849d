package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"unicode/utf8"

	"github.com/gptmeter/gptmeter/weights/gguf"
)

// What llama.cpp says of a token in tokenizer.ggml.token_type.
const (
	tokenNormal      = 1
	tokenControl     = 3
	tokenUserDefined = 4
	tokenUnused      = 5
)

const (
	maxTokens         = 1 << 20
	maxTokenizerBytes = 16 << 20
)

// gpt2Expressions are the values of tokenizer.ggml.pre for which llama.cpp cuts text into words with
// GPT-2's own expression. Files from before May 2024 have none.
var gpt2Expressions = []string{"", "gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "roberta-bpe", "jina-es", "jina-de", "jina-v1-en", "exaone4"}

// ggufTokenizer writes the tokenizer.json that the metadata are. It is nil where there is none.
func ggufTokenizer(f *gguf.File) (fs.FS, error) {
	m := metadata{file: f}
	switch model := m.text("tokenizer.ggml.model", "none"); {
	case m.err != nil:
		return nil, m.err
	case model == "none", model == "no_vocab":
		return nil, nil
	case model != "gpt2":
		return nil, fmt.Errorf("tokenizer.ggml.model is %.40q, and only gpt2, byte-level BPE, is known here", model)
	}
	if pre := m.text("tokenizer.ggml.pre", ""); !slices.Contains(gpt2Expressions, pre) {
		return nil, fmt.Errorf("tokenizer.ggml.pre is %.40q, which cuts text otherwise than GPT-2", pre)
	}
	document, err := ggufDocument(&m)
	if err != nil {
		return nil, err
	}
	return folderOf{"tokenizer.json": document}, nil
}

func ggufDocument(m *metadata) ([]byte, error) {
	prefix := m.bool("tokenizer.ggml.add_space_prefix", false)
	types, typed := m.file.Value("tokenizer.ggml.token_type")
	type added struct {
		ID         int    `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LStrip     bool   `json:"lstrip"`
		RStrip     bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    bool   `json:"special"`
	}
	addedTokens := []added{}
	var vocab, merges jsonList
	count, err := m.texts("tokenizer.ggml.tokens", func(id int, token []byte) error {
		kind := int64(tokenNormal)
		if typed {
			if id >= types.Len() {
				return errors.New("longer than tokenizer.ggml.token_type")
			}
			var err error
			if kind, err = types.IntegerAt(id); err != nil {
				return fmt.Errorf("tokenizer.ggml.token_type is %w", err)
			}
		}
		if kind == tokenUnused {
			return nil
		}
		if kind == tokenControl || kind == tokenUserDefined {
			addedTokens = append(addedTokens, added{ID: id, Content: string(token), Special: kind == tokenControl})
		}
		vocab.add(token, ":%d", id)
		return vocab.tooLong()
	})
	if err != nil {
		return nil, err
	}
	if typed && types.Len() != count {
		return nil, fmt.Errorf("tokenizer.ggml.token_type has %d elements for %d tokens", types.Len(), count)
	}
	if _, err := m.texts("tokenizer.ggml.merges", func(_ int, merge []byte) error {
		merges.add(merge, "")
		return merges.tooLong()
	}); err != nil {
		return nil, err
	}
	return marshal(map[string]any{
		"version":       "1.0",
		"truncation":    nil,
		"padding":       nil,
		"added_tokens":  addedTokens,
		"normalizer":    nil,
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true, "use_regex": true},
		"post_processor": map[string]any{
			"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true,
		},
		"decoder": map[string]any{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
		"model": map[string]any{
			"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": "", "end_of_word_suffix": "",
			"fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
			"vocab": vocab.within('{', '}'), "merges": merges.within('[', ']'),
		},
	})
}

// texts calls each for the elements of an array of strings, which the key is to have.
func (m *metadata) texts(key string, each func(i int, text []byte) error) (n int, err error) {
	m.need(key)
	v, _ := m.file.Value(key)
	if m.err != nil {
		return 0, m.err
	}
	texts, err := v.Texts()
	if err == nil && v.Len() > maxTokens {
		err = fmt.Errorf("%d strings, more than %d", v.Len(), maxTokens)
	}
	if err != nil {
		return 0, fmt.Errorf("%s is %w", key, err)
	}
	for i, text := range texts {
		if !utf8.Valid(text) {
			return 0, fmt.Errorf("%s: string %d is not valid UTF-8", key, i)
		}
		if err := each(i, text); err != nil {
			return 0, fmt.Errorf("%s: string %d: %w", key, i, err)
		}
	}
	return v.Len(), nil
}

// A jsonList is the inside of an object or array whose items begin with a string.
type jsonList struct{ bytes.Buffer }

func (l *jsonList) add(text []byte, format string, args ...any) {
	if l.Len() > 0 {
		l.WriteByte(',')
	}
	quoted, err := marshal(string(text))
	if err != nil {
		panic(err) // only for what is no string
	}
	l.Write(bytes.TrimSpace(quoted))
	fmt.Fprintf(l, format, args...)
}

func (l *jsonList) tooLong() error {
	if l.Len() > maxTokenizerBytes {
		return fmt.Errorf("more than %d bytes so far", maxTokenizerBytes)
	}
	return nil
}

func (l *jsonList) within(first, last byte) json.RawMessage {
	return slices.Concat([]byte{first}, l.Bytes(), []byte{last})
}

// marshal is json.Marshal that leaves "<|endoftext|>" readable.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

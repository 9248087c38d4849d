package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
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
	maxTokenizerBytes = 8 << 20
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

// ggufDocument writes a tokenizer.json in one run, straight from the file.
func ggufDocument(m *metadata) ([]byte, error) {
	types, typed := m.file.Value("tokenizer.ggml.token_type")
	kindOf := func(id int) (kind int64, err error) {
		if !typed {
			return tokenNormal, nil
		}
		if id >= types.Len() {
			return 0, errors.New("longer than tokenizer.ggml.token_type")
		}
		if kind, err = types.IntegerAt(id); err != nil {
			err = fmt.Errorf("tokenizer.ggml.token_type is %w", err)
		}
		return kind, err
	}
	d := &jsonText{}
	fmt.Fprintf(d, `{"version":"1.0","truncation":null,"padding":null,"normalizer":null,"pre_tokenizer":%s,`+
		`"post_processor":%[2]s,"decoder":%[2]s,"added_tokens":[`, byteLevel(m.bool("tokenizer.ggml.add_space_prefix", false), true), byteLevel(true, false))
	count, err := m.texts("tokenizer.ggml.tokens", func(id int, token []byte) error {
		kind, err := kindOf(id)
		if err == nil && (kind == tokenControl || kind == tokenUserDefined) {
			err = d.item(`{"id":`+strconv.Itoa(id)+`,"content":`, token,
				`,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":`+strconv.FormatBool(kind == tokenControl)+`}`)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if typed && types.Len() != count {
		return nil, fmt.Errorf("tokenizer.ggml.token_type has %d elements for %d tokens", types.Len(), count)
	}
	d.next(`],"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"",` +
		`"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":{`)
	if _, err := m.texts("tokenizer.ggml.tokens", func(id int, token []byte) error {
		if kind, err := kindOf(id); err != nil || kind == tokenUnused {
			return err
		}
		return d.item("", token, ":"+strconv.Itoa(id))
	}); err != nil {
		return nil, err
	}
	d.next(`},"merges":[`)
	if _, err := m.texts("tokenizer.ggml.merges", func(_ int, merge []byte) error { return d.item("", merge, "") }); err != nil {
		return nil, err
	}
	d.next("]}}\n")
	return d.Bytes(), m.err
}

// byteLevel is the part of the pipeline that all three stages are.
func byteLevel(prefixSpace, trimOffsets bool) string {
	return fmt.Sprintf(`{"type":"ByteLevel","add_prefix_space":%v,"trim_offsets":%v,"use_regex":true}`, prefixSpace, trimOffsets)
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

// jsonText is JSON that is written item by item.
type jsonText struct {
	bytes.Buffer
	items int // of the object or array that is open
}

// next ends an object or array and begins another.
func (d *jsonText) next(text string) {
	d.WriteString(text)
	d.items = 0
}

// item writes what stands before text, text as a JSON string, and what stands after it.
func (d *jsonText) item(before string, text []byte, after string) error {
	if d.Len()+len(text) > maxTokenizerBytes {
		return fmt.Errorf("more than %d bytes of JSON", maxTokenizerBytes)
	}
	if d.items++; d.items > 1 {
		d.WriteByte(',')
	}
	d.WriteString(before)
	d.WriteByte('"')
	written := 0
	for i, b := range text {
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		d.Write(text[written:i])
		fmt.Fprintf(d, `\u%04x`, b)
		written = i + 1
	}
	d.Write(text[written:])
	d.WriteByte('"')
	d.WriteString(after)
	return nil
}

package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFile bounds a tokenizer file; the largest in use, of vocabularies five times GPT-2's, have half of it.
const maxFile = 64 << 20

const endOfText = "<|endoftext|>"

// document is tokenizer.json, as far as it decides ids and text. vocab.json with merges.txt is read
// into the same form.
type document struct {
	file string // where the vocabulary came from, for errors

	Version       *string      `json:"version"`
	AddedTokens   []addedToken `json:"added_tokens"`
	Normalizer    *stage       `json:"normalizer"`
	PreTokenizer  *stage       `json:"pre_tokenizer"`
	PostProcessor *stage       `json:"post_processor"`
	Decoder       *stage       `json:"decoder"`
	Model         bpeModel     `json:"model"`
}

type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// stage is one step of the pipeline: the fields of ByteLevel, TemplateProcessing and Sequence.
type stage struct {
	Type           string  `json:"type"`
	AddPrefixSpace bool    `json:"add_prefix_space"`
	UseRegex       *bool   `json:"use_regex"` // true where absent
	Single         []piece `json:"single"`
	Processors     []stage `json:"processors"`
}

// piece is one part of a TemplateProcessing: a sequence or a special token.
type piece struct {
	Sequence *struct {
		ID string `json:"id"` // "A" is the text, "B" the second of a pair
	} `json:"Sequence"`
}

type bpeModel struct {
	Type                    *string    `json:"type"` // absent in the files of 2020
	Dropout                 *float64   `json:"dropout"`
	UnkToken                *string    `json:"unk_token"`
	ContinuingSubwordPrefix string     `json:"continuing_subword_prefix"`
	EndOfWordSuffix         string     `json:"end_of_word_suffix"`
	FuseUnk                 bool       `json:"fuse_unk"`
	ByteFallback            bool       `json:"byte_fallback"`
	IgnoreMerges            bool       `json:"ignore_merges"`
	Vocab                   vocabulary `json:"vocab"`
	Merges                  mergeList  `json:"merges"`
}

// readDocument reads the first that is there of tokenizer.json and the two pairs.
func readDocument(dir fs.FS) (*document, error) {
	data, err := readFile(dir, "tokenizer.json")
	if err == nil {
		return parseDocument(data)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, pair := range [][2]string{{"vocab.json", "merges.txt"}, {"encoder.json", "vocab.bpe"}} {
		vocab, err := readFile(dir, pair[0])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		merges, err := readFile(dir, pair[1])
		if err != nil {
			return nil, err
		}
		d, err := pairDocument(pair, vocab, merges)
		if err != nil {
			return nil, err
		}
		return d, d.checkBeside(dir)
	}
	return nil, ErrNone
}

func parseDocument(data []byte) (*document, error) {
	d := &document{file: "tokenizer.json"}
	if bytes.Count(data, []byte{'{'}) > maxSize {
		return nil, fmt.Errorf("%s: more than %d objects", d.file, maxSize) // of 3 bytes that would become 90
	}
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("%s: %w", d.file, err)
	}
	return d, nil
}

// pairDocument states what vocab.json and merges.txt leave unsaid: GPT-2's own pipeline.
func pairDocument(names [2]string, vocab, merges []byte) (*document, error) {
	d := &document{file: names[0]}
	d.PreTokenizer = &stage{Type: "ByteLevel"}
	d.Decoder = &stage{Type: "ByteLevel"}
	if err := json.Unmarshal(vocab, &d.Model.Vocab); err != nil {
		return nil, fmt.Errorf("%s: %w", names[0], err)
	}
	if d.Model.Vocab.ids == nil {
		return nil, fmt.Errorf("%s: %w", names[0], errNoVocab)
	}
	var err error
	if d.Model.Merges, err = parseMerges(string(merges)); err != nil {
		return nil, fmt.Errorf("%s: %w", names[1], err)
	}
	if id, ok := d.Model.Vocab.ids[endOfText]; ok {
		d.AddedTokens = []addedToken{{ID: id, Content: endOfText, Special: true}}
	}
	return d, nil
}

// checkBeside refuses tokens that were added to the pair in the file of older transformers: which of
// them are special, or strip, stands in yet others.
func (d *document) checkBeside(dir fs.FS) error {
	const name = "added_tokens.json"
	data, err := readFile(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var added map[string]int
	if err := json.Unmarshal(data, &added); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, token := range slices.Sorted(maps.Keys(added)) {
		if id, ok := d.Model.Vocab.ids[token]; !ok || id != added[token] {
			return fmt.Errorf("%s: token %q is not in %s: save the tokenizer as tokenizer.json", name, token, d.file)
		}
	}
	return nil
}

// parseMerges reads merges.txt, one merge on each line.
func parseMerges(text string) (mergeList, error) {
	merges := mergeList{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if err := merges.addLine(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return merges, nil
}

// readFile reads at most maxFile bytes of UTF-8.
func readFile(dir fs.FS, name string) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	if info, err := f.Stat(); err == nil {
		data.Grow(int(min(info.Size(), maxFile)) + bytes.MinRead)
	}
	n, err := data.ReadFrom(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case n > maxFile:
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxFile)
	case !utf8.Valid(data.Bytes()):
		return nil, fmt.Errorf("%s: not valid UTF-8", name)
	}
	return data.Bytes(), nil
}

//go:build daulet

package tokenizer

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Tokenizers that only daulet has, whose text is not that of their tokens' bytes.
const (
	wordPiece = `{"version":"1.0","added_tokens":[{"id":0,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
		"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"Whitespace"},
		"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
		"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
			"vocab":{"[UNK]":0,"hello":1,"wor":2,"##ld":3,"!":4,"中":5}}}`
	unigram = `{"version":"1.0","added_tokens":[],
		"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
		"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
		"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,
			"vocab":[["<unk>",0],["▁",-1],["▁hello",-2],["▁wor",-2],["ld",-2],["<0xC3>",-5],["<0xA9>",-5]]}}`
)

func TestDauletDecoders(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		ids              []int
		parts            []string // what Add gives for each, and Flush
	}{
		{"WordPiece", wordPiece, "Hello WORLD! 中", []int{1, 2, 3, 4, 5}, []string{"hello", " wor", "ld", "!", " 中", ""}},
		{"Unigram", unigram, "hello world é", []int{2, 3, 4, 1, 5, 6}, []string{"hello", " wor", "ld", " ", "", "", "é"}},
	} {
		tok, err := OpenDaulet(jsonFS([]byte(c.file)))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		ids := tok.Encode(c.text)
		if !slices.Equal(ids, c.ids) {
			t.Errorf("%s: ids %v, want %v", c.name, ids, c.ids)
		}
		d := NewDecoder(tok)
		var parts []string
		for _, id := range ids {
			parts = append(parts, d.Add(id))
			if back, ok := tok.ID(tok.Token(id)); !ok || back != id {
				t.Errorf("%s: id %d is %q, which is %d, %v", c.name, id, tok.Token(id), back, ok)
			}
		}
		if parts = append(parts, d.Flush()); !slices.Equal(parts, c.parts) {
			t.Errorf("%s: %q, want %q", c.name, parts, c.parts)
		}
		if got, want := strings.Join(parts, ""), tok.Decode(ids); got != want {
			t.Errorf("%s: the decoder gives %q, Decode %q", c.name, got, want)
		}
		if err := tok.Close(); err != nil {
			t.Error(err)
		}
	}
}

// U+0000 does not pass the C interface, either way.
func TestDauletNUL(t *testing.T) {
	b := everyone(t)["tiny"]
	if got, want := b.rust.Encode("a\x00b"), b.pure.Encode("a\ufffdb"); !slices.Equal(got, want) {
		t.Errorf("Encode gives %v, want %v", got, want)
	}
	ids := b.pure.Encode("a\x00b")
	if got := b.rust.Decode(ids); got != "a\x00b" {
		t.Errorf("Decode gives %q", got)
	}
}

func TestDauletWholeText(t *testing.T) {
	const text = "hello hello hello hello hello"
	for key, value := range wholeText {
		data := jsonFS(edit(t, key, value))
		pure, err := Open(data)
		if err != nil {
			t.Fatal(err)
		}
		rust, err := OpenDaulet(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := rust.Encode(text), pure.Encode(text); !slices.Equal(got, want) {
			t.Errorf("%s: ids %v, want %v", key, got, want)
		}
	}
}

func TestDauletRefused(t *testing.T) {
	for _, c := range []struct{ path, value, want string }{
		{"model", `{"type":"Unigram","vocab":[[]]}`, "tokenizer.json: vocab[0] is empty"},
		{"model", `{"type":"Unigram","vocab":[[1,2]]}`, "tokenizer.json: vocab[0] is not a string and a score"},
		{"model", `{"type":"WordPiece","vocab":7}`, "tokenizer.json: vocab is missing or not an object"},
		{"added_tokens", `[{"id":7,"content":"<s>"}]`, `tokenizer.json: added_tokens[0]: "<s>" has id 7 here and is 264 by the vocabulary`},
	} {
		_, err := OpenDaulet(jsonFS(edit(t, c.path, c.value)))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s = %s\n got %v\nwant %s", c.path, c.value, err, c.want)
		}
	}
	if _, err := OpenDaulet(fstest.MapFS{}); !errors.Is(err, ErrNone) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := OpenDaulet(jsonFS(edit(t, "normalizer", `{"type":"None such"}`))); err == nil {
		t.Error("a normalizer that there is not is opened")
	}
}

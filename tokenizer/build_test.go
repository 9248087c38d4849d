package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// edit gives a variant of the reference with the value at a path, such as "model.dropout", replaced;
// a nil value removes it.
func edit(tb testing.TB, path string, value any) []byte {
	tb.Helper()
	variants := readReference(tb).Variants
	i := slices.IndexFunc(variants, func(v variant) bool { return v.Name == "unknown unused" })
	var file map[string]any
	if err := json.Unmarshal(variants[i].File, &file); err != nil {
		tb.Fatal(err)
	}
	keys := strings.Split(path, ".")
	at := file
	for _, key := range keys[:len(keys)-1] {
		at = at[key].(map[string]any)
	}
	last := keys[len(keys)-1]
	if value == nil {
		delete(at, last)
	} else if raw, ok := value.(string); ok {
		at[last] = json.RawMessage(raw)
	}
	data, err := json.Marshal(file)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// wholeText is what many uploaded models carry from their training, and must not change a text.
var wholeText = map[string]string{
	"truncation": `{"direction":"Right","max_length":4,"strategy":"LongestFirst","stride":0}`,
	"padding":    `{"strategy":{"Fixed":64},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"h"}`,
}

func TestWholeText(t *testing.T) {
	const text = "hello hello hello hello hello"
	want, err := Open(jsonFS(edit(t, "truncation", "null")))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range wholeText {
		got, err := Open(jsonFS(edit(t, key, value)))
		if err != nil {
			t.Errorf("%s: %v", key, err)
		} else if ids := got.Encode(text); len(ids) <= 4 || !slices.Equal(ids, want.Encode(text)) {
			t.Errorf("%s: ids %v, want %v", key, ids, want.Encode(text))
		}
	}
}

func TestRefused(t *testing.T) {
	const added = `[{"id":264,"content":"<s>"`
	for _, c := range []struct {
		path  string
		value any
		want  string // after "tokenizer.json: "
	}{
		{"version", `"2.0"`, `version "2.0" is not 1.0`},
		{"model.vocab", nil, "vocab is missing or not an object"},
		{"model.merges", nil, "model has no merges"},
		{"model.vocab", `{"a":-1}`, `vocab: the id of token "a" is not a whole number from 0 to 1048575`},
		{"model.vocab", `{"a":1.5}`, `vocab: the id of token "a" is not a whole number from 0 to 1048575`},
		{"model.vocab", `{"a":1e3}`, `vocab: the id of token "a" is not a whole number from 0 to 1048575`},
		{"model.vocab", `{"a":"1"}`, `vocab: the id of token "a" is not a whole number from 0 to 1048575`},
		{"model.vocab", `{"a":1048576}`, `vocab: the id of token "a" is not a whole number from 0 to 1048575`},
		{"model.vocab", `{"a":99999999999999999999}`, `vocab: the id of token "a" is not a whole number from 0 to 1048575`},
		{"model.vocab", `{"a":1,"b":1}`, `vocab: tokens "a" and "b" have the same id 1`},
		{"model.vocab", `{"":1,"b":1}`, `vocab: tokens "" and "b" have the same id 1`},
		{"model.vocab", `{"a":1,"\u0061":2}`, `vocab: token "a" is there twice`},
		{"model.vocab", `7`, "vocab is missing or not an object"},
		{"model.merges", `{}`, "merges is not an array"},
		{"model.merges", `["h e","l l l"]`, `merges[1]: "l l l" is not two tokens with a space between them`},
		{"model.merges", `["h e",["l","l"]]`, "merges[1]: not a string"},
		{"model.merges", `[["h","e"],"l l"]`, "merges[1]: not two tokens"},
		{"model.merges", `[["h"]]`, "merges[0]: not a string"},
		{"model.merges", `[["l","l","l"]]`, "merges[0]: more than two tokens"},
		{"model.merges", `["no h"]`, `merge 0, of "no" and "h", needs token "no", which is not in the vocabulary`},
		{"model.merges", `["h no"]`, `merge 0, of "h" and "no", needs token "no", which is not in the vocabulary`},
		{"model.merges", `["h h"]`, `merge 0, of "h" and "h", needs token "hh", which is not in the vocabulary`},
		{"added_tokens", added + `},{"id":265,"content":""}]`, `added_tokens[1]: "" is empty or there twice`},
		{"added_tokens", added + `},{"id":264,"content":"<s>"}]`, `added_tokens[1]: "<s>" is empty or there twice`},
		{"added_tokens", `[{"id":7,"content":"<s>"}]`, `added_tokens[0]: "<s>" has id 7 here and is 264 by the vocabulary`},
		{"added_tokens", `[{"id":-1,"content":"a"}]`, `added_tokens[0]: "a" has id -1 here and is 64 by the vocabulary`},
	} {
		_, err := Open(jsonFS(edit(t, c.path, c.value)))
		if want := "tokenizer.json: " + c.want; err == nil || err.Error() != want {
			t.Errorf("%s = %v\n got %v\nwant %s", c.path, c.value, err, want)
		}
		if errors.Is(err, ErrNeedsDaulet) {
			t.Errorf("%s = %v: daulet would not help", c.path, c.value)
		}
	}
}

func TestNeedsDaulet(t *testing.T) {
	for _, c := range []struct {
		path  string
		value any
		want  string
	}{
		{"normalizer", `{"type":"NFC"}`, `normalizer "NFC"`},
		{"pre_tokenizer", nil, `pre_tokenizer "none"`},
		{"pre_tokenizer", `{"type":"Split"}`, `pre_tokenizer "Split"`},
		{"decoder", nil, `decoder "none"`},
		{"decoder", `{"type":"Metaspace"}`, `decoder "Metaspace"`},
		{"post_processor", `{"type":"New"}`, `post_processor "New"`},
		{"post_processor", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}]}`, `post_processor "TemplateProcessing"`},
		{"post_processor", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}},{"Sequence":{"id":"A"}}]}`, `post_processor "TemplateProcessing"`},
		{"post_processor", `{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"New"}]}`, `post_processor "Sequence"`},
		{"model", `{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1.5]]}`, `model "Unigram"`},
		{"model", `{"type":"WordPiece","unk_token":"a","vocab":{"a":0}}`, `model "WordPiece"`},
		{"model.dropout", `0.1`, `dropout "0.1"`},
		{"model.continuing_subword_prefix", `"##"`, `continuing_subword_prefix "##"`},
		{"model.end_of_word_suffix", `"</w>"`, `end_of_word_suffix "</w>"`},
		{"model.vocab.!", nil, `byte_fallback "true"`},
		{"added_tokens", `[{"id":264,"content":"<s>","single_word":true}]`, `single_word added token "<s>"`},
	} {
		_, err := Open(jsonFS(edit(t, c.path, c.value)))
		if !errors.Is(err, ErrNeedsDaulet) {
			t.Errorf("%s = %v: %v", c.path, c.value, err)
		} else if want := "tokenizer.json: " + c.want + ": " + ErrNeedsDaulet.Error(); err.Error() != want {
			t.Errorf("%s = %v\n got %v\nwant %s", c.path, c.value, err, want)
		}
	}
}

func TestHarmlessPostProcessors(t *testing.T) {
	want := open(t, jsonFS(edit(t, "post_processor", nil))).Encode("hello  hello")
	for _, value := range []string{
		"null", `{"type":"BertProcessing","sep":["a",1],"cls":["b",2]}`, `{"type":"RobertaProcessing"}`,
		`{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}},{"Sequence":{"id":"A"}}]}]}`,
	} {
		if got := open(t, jsonFS(edit(t, "post_processor", value))).Encode("hello  hello"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", value, got, want)
		}
	}
}

func TestUnknownTokenMissing(t *testing.T) {
	data := bytes.Replace(edit(t, "model.vocab.!", nil), []byte(`"byte_fallback":true`), []byte(`"byte_fallback":false`), 1)
	const want = `tokenizer.json: unk_token "<none>" is not in the vocabulary`
	if _, err := Open(jsonFS(data)); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func FuzzOpen(f *testing.F) {
	// Short, because the fuzzer spends its time on making long ones shorter.
	const stages = `"pre_tokenizer":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel"},`
	for _, file := range []string{
		`{"version":"1.0",` + stages + `"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}`,
		`{` + stages + `"model":{"type":"BPE","unk_token":"b","fuse_unk":true,"vocab":{"a":0,"b":1,"\u0061b":9},"merges":[["a","b"]]}}`,
		`{"added_tokens":[{"id":1,"content":"<s>","lstrip":true,"rstrip":true,"special":true}],` + stages + `"model":{"ignore_merges":true,"vocab":{"a":0},"merges":[]}}`,
		`{"post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel"}]},` + stages + `"model":{"vocab":{"":0,"a":99999},"merges":[]}}`,
	} {
		f.Add([]byte(file), "ab <s> ab")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tok, err := Open(jsonFS(data))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "tokenizer.json: ") {
				t.Fatalf("%v does not name the file", err)
			}
			return
		}
		ids := tok.Encode(text)
		if got, want := decodeOneByOne(t, NewDecoder(tok), ids), tok.Decode(ids); got != want {
			t.Fatalf("the decoder gives %q, Decode %q", got, want)
		}
	})
}

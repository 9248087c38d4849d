package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

// shared is data that is beside the checkout, where it is.
const shared = "../../shared/data"

func sharedFile(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(shared, path))
	if err != nil {
		tb.Skipf("no shared data: %v", err)
	}
	return data
}

// gpt2 gives the folder of OpenAI's vocabulary.
func gpt2(tb testing.TB) fs.FS {
	tb.Helper()
	sharedFile(tb, "gpt2-tokenizer/tokenizer.json")
	return os.DirFS(filepath.Join(shared, "gpt2-tokenizer"))
}

func open(tb rapid.TB, dir fs.FS) Tokenizer {
	tb.Helper()
	t, err := Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func jsonFS(data []byte) fstest.MapFS {
	return fstest.MapFS{"tokenizer.json": {Data: data}}
}

func tiny(tb testing.TB) Tokenizer {
	tb.Helper()
	return open(tb, os.DirFS("testdata/tiny"))
}

// pairFS writes the tiny tokenizer as a vocabulary and a list of merges under the names given.
func pairFS(tb testing.TB, vocabName, mergesName string) fstest.MapFS {
	tb.Helper()
	data, err := os.ReadFile("testdata/tiny/tokenizer.json")
	if err != nil {
		tb.Fatal(err)
	}
	var file struct {
		Model struct {
			Vocab  json.RawMessage
			Merges [][2]string
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		tb.Fatal(err)
	}
	merges := "#version: 0.2\n"
	for _, m := range file.Model.Merges {
		merges += strings.Join(m[:], " ") + "\n"
	}
	return fstest.MapFS{vocabName: {Data: file.Model.Vocab}, mergesName: {Data: []byte(merges)}}
}

func TestOpenPair(t *testing.T) {
	r := readReference(t)
	for _, names := range [][2]string{{"vocab.json", "merges.txt"}, {"encoder.json", "vocab.bpe"}} {
		r.Tiny.check(t, open(t, pairFS(t, names[0], names[1])), r.Texts)
	}
}

func TestOpenPairGPT2(t *testing.T) {
	dir := fstest.MapFS{
		"encoder.json": {Data: sharedFile(t, "gpt2-tokenizer/encoder.json")},
		"vocab.bpe":    {Data: sharedFile(t, "gpt2-tokenizer/vocab.bpe")},
	}
	r := readReference(t)
	tok := open(t, dir)
	r.GPT2.check(t, tok, r.Texts)
	if tok.Size() != 50257 || tok.Token(995) != "Ġworld" || string(tok.Bytes(995)) != " world" {
		t.Errorf("size %d, token 995 is %q, bytes %q", tok.Size(), tok.Token(995), tok.Bytes(995))
	}
}

// Windows' line ends, and a line of the version that is not the first.
func TestOpenPairLines(t *testing.T) {
	dir := pairFS(t, "vocab.json", "merges.txt")
	merges := string(dir["merges.txt"].Data)
	merges = strings.ReplaceAll(merges, "\n", "\r\n") + "#version: 0.2"
	dir["merges.txt"] = &fstest.MapFile{Data: []byte(merges)}
	r := readReference(t)
	r.Tiny.check(t, open(t, dir), r.Texts)
}

func TestOpenFiles(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, c := range []struct {
		name string
		dir  fs.FS
		want string
		is   error
	}{
		{"empty", fstest.MapFS{}, ErrNone.Error(), ErrNone},
		{"others", fstest.MapFS{"config.json": file("{}"), "merges.txt": file("")}, ErrNone.Error(), ErrNone},
		{"no merges", fstest.MapFS{"vocab.json": file(`{"a":0}`)}, "open merges.txt: file does not exist", fs.ErrNotExist},
		{"a folder", fstest.MapFS{"tokenizer.json": {Mode: fs.ModeDir}}, "read tokenizer.json: invalid argument", fs.ErrInvalid},
		{"not JSON", fstest.MapFS{"tokenizer.json": file("{")}, "tokenizer.json: unexpected end of JSON input", nil},
		{"not UTF-8", fstest.MapFS{"tokenizer.json": file("{\"a\":\"\xff\"}")}, "tokenizer.json: not valid UTF-8", nil},
		{"bad vocab", fstest.MapFS{"vocab.json": file(`[]`), "merges.txt": file("")}, "vocab.json: vocab is missing or not an object", nil},
		{"no vocab", fstest.MapFS{"vocab.json": file(`null`), "merges.txt": file("")}, "vocab.json: vocab is missing or not an object", nil},
		{"bad merge", fstest.MapFS{"vocab.json": file(`{"a":0}`), "merges.txt": file("#version\na\n")},
			`merges.txt: line 2: "a" is not two tokens with a space between them`, nil},
		{"unknown merge", fstest.MapFS{"vocab.json": file(`{"a":0}`), "merges.txt": file("a a\n")},
			`vocab.json: merge 0, of "a" and "a", needs token "aa", which is not in the vocabulary`, nil},
	} {
		_, err := Open(c.dir)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v is not %v", c.name, err, c.is)
		}
	}
}

func TestOpenPairWithoutMerges(t *testing.T) {
	dir := fstest.MapFS{"vocab.json": {Data: []byte(`{"a":3}`)}, "merges.txt": {Data: []byte("#version: 0.2\n")}}
	if got := open(t, dir).Encode("aba"); !slices.Equal(got, []int{3, 3}) {
		t.Errorf("got %v", got)
	}
}

func TestOpenPairAddedTokens(t *testing.T) {
	dir := pairFS(t, "vocab.json", "merges.txt")
	for _, c := range []struct{ added, want string }{
		{`{"<|endoftext|>": 0}`, ""},
		{`{"<|endoftext|>": 0, "<pad>": 2048, "<sep>": 2049}`, `added_tokens.json: token "<pad>" is not in vocab.json: save the tokenizer as tokenizer.json`},
		{`{"<|endoftext|>": 1}`, `added_tokens.json: token "<|endoftext|>" is not in vocab.json: save the tokenizer as tokenizer.json`},
		{`{`, "added_tokens.json: unexpected end of JSON input"},
	} {
		dir["added_tokens.json"] = &fstest.MapFile{Data: []byte(c.added)}
		got := ""
		if _, err := Open(dir); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.added, got, c.want)
		}
	}
}

// Files small on disk that would be large in memory.
func TestOpenHostile(t *testing.T) {
	pair := fstest.MapFS{"vocab.json": {Data: []byte(`{"a":0}`)}, "merges.txt": {Data: bytes.Repeat([]byte("a a\n"), maxSize+1)}}
	objects := fstest.MapFS{"tokenizer.json": {Data: []byte(`{"added_tokens":[` + strings.Repeat("{},", maxSize) + `{}]}`)}}
	long := jsonFS(edit(t, "added_tokens", `[{"id":264,"content":"`+strings.Repeat("a", maxSize+1)+`"}]`))
	nested := fstest.MapFS{"tokenizer.json": {Data: []byte(`{"post_processor":` + strings.Repeat(`{"processors":[`, 20000) + strings.Repeat("]}", 20000) + `}`)}}
	for _, c := range []struct {
		dir  fs.FS
		want string
	}{
		{pair, "merges.txt: line 1048577: more than 1048576 merges"},
		{objects, "tokenizer.json: more than 1048576 objects"},
		{long, "tokenizer.json: added_tokens[0]: more than 1048576 bytes of added tokens"},
		{nested, "tokenizer.json: invalid character '[' exceeded max depth"},
	} {
		if _, err := Open(c.dir); err == nil || err.Error() != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
}

func TestOpenUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads every file")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), nil, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(os.DirFS(dir)); !errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrNone) {
		t.Errorf("got %v", err)
	}
}

func TestOpenTooLarge(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tokenizer.json")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, maxFile+1); err != nil {
		t.Fatal(err)
	}
	const want = "tokenizer.json: larger than 67108864 bytes"
	if _, err := Open(os.DirFS(dir)); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestOpenWith(t *testing.T) {
	dir := os.DirFS("testdata/tiny")
	if tok, err := OpenWith("go", dir); err != nil || tok.Size() != 2048 {
		t.Errorf("go: %v", err)
	}
	if _, err := OpenWith("rust", dir); err == nil || err.Error() != `tokenizer "rust": it is "go" or "daulet"` {
		t.Errorf("rust: %v", err)
	}
}

func TestUnknownIDs(t *testing.T) {
	tok := tiny(t)
	for _, id := range []int{-1, tok.Size(), 1 << 40} {
		if tok.Token(id) != "" || tok.Bytes(id) != nil || tok.Special(id) || tok.Decode([]int{id}) != "" {
			t.Errorf("id %d stands for %q, %q", id, tok.Token(id), tok.Bytes(id))
		}
	}
	if _, ok := tok.ID("no such token"); ok {
		t.Error("a token that is not there has an id")
	}
	if got := tok.Encode("\xff<|endoftext|>"); !slices.Equal(got, append(tok.Encode("\ufffd"), 0)) {
		t.Errorf("broken text gives %v", got)
	}
}

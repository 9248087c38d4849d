package tokenizer

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestReadWords takes apart the tokenizer of tiny, whose tokens, merges and added tokens it is made of.
func TestReadWords(t *testing.T) {
	dir := os.DirFS("testdata/tiny")
	w, err := ReadWords(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Tokens) != whole.Size() || len(w.Merges) != whole.Size()-257 {
		t.Errorf("%d tokens and %d merges of %d", len(w.Tokens), len(w.Merges), whole.Size())
	}
	for id, token := range w.Tokens {
		special, added := w.Added[id]
		if token != whole.Token(id) || special != whole.Special(id) || added != (token == endOfText) {
			t.Errorf("%d is %q, added: %v, special: %v", id, token, added, special)
		}
	}
	for _, m := range w.Merges {
		if !slices.Contains(w.Tokens, m[0]+m[1]) {
			t.Fatalf("%q and %q make nothing", m[0], m[1])
		}
	}
}

func TestReadWordsRefuses(t *testing.T) {
	for change, want := range map[string]string{
		``:                                     "",
		`"add_prefix_space":true`:              "add_prefix_space is more than",
		`"use_regex":false`:                    "use_regex false is more than",
		`"add_prefix_space":false`:             "",
		`ignore_merges":true,"`:                "ignore_merges is more than",
		`unk_token":"a","`:                     "unk_token is more than",
		`content":"<x>","id":1,"lstrip":true`:  `added token "<x>" strips spaces`,
		`content":"<x>","id":1,"rstrip":true`:  `added token "<x>" strips spaces`,
		`content":"<x>","id":1,"special":true`: "",
	} {
		before, model, added := "", "", ""
		switch {
		case strings.HasPrefix(change, `content`):
			added = `{"` + change + `}`
		case strings.HasPrefix(change, `"`):
			before = "," + change
		default:
			model = change
		}
		text := fmt.Sprintf(`{"added_tokens":[%s],"pre_tokenizer":{"type":"ByteLevel"%s},"decoder":{"type":"ByteLevel"},"model":{"%stype":"BPE","vocab":{"a":0},"merges":[]}}`, added, before, model)
		_, err := ReadWords(fstest.MapFS{"tokenizer.json": {Data: []byte(text)}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", change, err, want)
		}
	}
	if _, err := ReadWords(fstest.MapFS{}); err != ErrNone {
		t.Errorf("an empty folder: %v", err)
	}
}

package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reference is testdata/reference.json: what the tokenizers library computes, by testdata/record.py.
type reference struct {
	Texts    []string
	Tiny     recorded
	GPT2     recorded
	Long     []longText
	Marked   []string
	Variants []variant
}

// variant is a small tokenizer.json with what it makes of the marked texts.
type variant struct {
	Name string
	File json.RawMessage
	recorded
}

type recorded struct {
	IDs     [][]int
	Decoded [][2]json.RawMessage // ids and text
}

type longText struct {
	Unit   string
	Times  int
	Count  int
	SHA256 string // of the ids in decimal with commas between
}

func readReference(tb testing.TB) *reference {
	tb.Helper()
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		tb.Fatal(err)
	}
	r := new(reference)
	if err := json.Unmarshal(data, r); err != nil {
		tb.Fatal(err)
	}
	return r
}

// check compares every text's ids and every list's text.
func (r *recorded) check(t *testing.T, tok Tokenizer, texts []string) {
	t.Helper()
	if len(r.IDs) != len(texts) || len(r.Decoded) == 0 {
		t.Fatalf("%d texts, %d recorded, %d decoded", len(texts), len(r.IDs), len(r.Decoded))
	}
	for i, text := range texts {
		if got := tok.Encode(text); !slices.Equal(got, r.IDs[i]) {
			t.Errorf("Encode(%q)\n got %v\nwant %v", text, got, r.IDs[i])
		}
	}
	for _, pair := range r.Decoded {
		var ids []int
		var want string
		if err := json.Unmarshal(pair[0], &ids); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(pair[1], &want); err != nil {
			t.Fatal(err)
		}
		if got := tok.Decode(ids); got != want {
			t.Errorf("Decode(%v)\n got %q\nwant %q", ids, got, want)
		}
	}
}

func TestTinyReference(t *testing.T) {
	r := readReference(t)
	r.Tiny.check(t, tiny(t), r.Texts)
}

func TestGPT2Reference(t *testing.T) {
	r := readReference(t)
	r.GPT2.check(t, open(t, gpt2(t)), r.Texts)
}

// Every setting that is honoured, each in a small tokenizer.json of its own.
func TestVariantsReference(t *testing.T) {
	r := readReference(t)
	for _, v := range r.Variants {
		t.Run(v.Name, func(t *testing.T) {
			v.check(t, open(t, jsonFS(v.File)), r.Marked)
		})
	}
}

func TestLongReference(t *testing.T) {
	tok := tiny(t)
	for _, want := range readReference(t).Long {
		ids := tok.Encode(strings.Repeat(want.Unit, want.Times))
		var text []byte
		for i, id := range ids {
			if i > 0 {
				text = append(text, ',')
			}
			text = strconv.AppendInt(text, int64(id), 10)
		}
		sum := sha256.Sum256(text)
		if len(ids) != want.Count || hex.EncodeToString(sum[:]) != want.SHA256 {
			t.Errorf("%q × %d: %d ids, want %d", want.Unit, want.Times, len(ids), want.Count)
		}
	}
}

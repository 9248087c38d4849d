package tokenizer

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestLossy(t *testing.T) {
	for _, c := range []struct{ bytes, want string }{
		{"", ""}, {"é", "é"}, {"\xff", "\ufffd"}, {"\ufffd", "\ufffd"},
		{"\xe2\x82", "\ufffd"}, {"\xe2\x82A", "\ufffdA"}, {"\xe2A\x82", "\ufffdA\ufffd"},
		// Unicode 16.0, tables 3-8 to 3-11.
		{"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82A", strings.Repeat("\ufffd", 8) + "A"},
		{"\xed\xa0\x80\xed\xbf\xbf\xed\xafA", strings.Repeat("\ufffd", 8) + "A"},
		{"\xf4\x91\x92\x93\xffA\x80\xbfB", strings.Repeat("\ufffd", 5) + "A\ufffd\ufffdB"},
		{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbfA", strings.Repeat("\ufffd", 4) + "A"},
	} {
		if got := lossy([]byte(c.bytes)); got != c.want {
			t.Errorf("lossy(%q) = %q, want %q", c.bytes, got, c.want)
		}
	}
}

// decodeOneByOne joins what Add and Flush give.
func decodeOneByOne(t rapid.TB, d *Decoder, ids []int) string {
	var text strings.Builder
	for _, id := range ids {
		part := d.Add(id)
		if !utf8.ValidString(part) {
			t.Fatalf("Add(%d) of %v gave %q", id, ids, part)
		}
		text.WriteString(part)
	}
	text.WriteString(d.Flush())
	return text.String()
}

func TestDecoder(t *testing.T) {
	tok := tiny(t)
	end, ok := tok.ID(endOfText)
	if !ok || !tok.Special(end) {
		t.Fatalf("%s is %d, %v, special %v", endOfText, end, ok, tok.Special(end))
	}
	// Single bytes above all, so that characters come in parts, whole and broken.
	id := rapid.OneOf(rapid.IntRange(1, 256), rapid.IntRange(-2, tok.Size()+1), rapid.Just(end))
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOf(id).Draw(t, "ids")
		if got, want := decodeOneByOne(t, NewDecoder(tok), ids), tok.Decode(ids); got != want {
			t.Fatalf("%v: %q, Decode gives %q", ids, got, want)
		}
		var plain []int
		for _, id := range ids {
			if id != end {
				plain = append(plain, id)
			}
		}
		skip := NewDecoder(tok)
		skip.SkipSpecial = true
		if got, want := decodeOneByOne(t, skip, ids), tok.Decode(plain); got != want {
			t.Fatalf("%v without special tokens: %q, want %q", ids, got, want)
		}
	})
}

// A character is given with its last byte, not later.
func TestDecoderGivesWhatIsCertain(t *testing.T) {
	tok := tiny(t)
	d := NewDecoder(tok)
	var got []string
	for _, b := range []byte("a\xf0\x9f\x98\x80é\xe4\xb8b") {
		id, ok := tok.ID(string(letterOf[b]))
		if !ok {
			t.Fatalf("byte %#x has no token", b)
		}
		got = append(got, d.Add(id))
	}
	got = append(got, d.Flush())
	const want = "a||||😀||é|||\ufffdb|"
	if joined := strings.Join(got, "|"); joined != want {
		t.Errorf("got %q, want %q", joined, want)
	}
}

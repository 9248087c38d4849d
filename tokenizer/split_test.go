package tokenizer

import (
	"slices"
	"testing"

	"github.com/dlclark/regexp2"
	"pgregory.net/rapid"
)

// expression is GPT-2's own, for a backtracking engine.
var expression = regexp2.MustCompile(`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, regexp2.None)

func words(text string) []string {
	var all []string
	for len(text) > 0 {
		n := wordLen(text)
		all = append(all, text[:n])
		text = text[n:]
	}
	return all
}

func TestWordLen(t *testing.T) {
	// Characters on which all versions of Unicode since 6 agree, so that Go's tables serve.
	alphabet := rapid.SampledFrom([]rune("aestrvlmdZéж中 '''  \t\n\r\v\u0085\u00a0\u2028\u3000\u200b019½٣Ⅷ!.-_€😀\u0301\u200d\ufffd\x00"))
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(alphabet).Draw(t, "text"))
		var want []string
		for m, err := expression.FindStringMatch(text); m != nil; m, err = expression.FindNextMatch(m) {
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, m.String())
		}
		if got := words(text); !slices.Equal(got, want) {
			t.Fatalf("%q\n got %q\nwant %q", text, got, want)
		}
	})
}

func TestClassOf(t *testing.T) {
	for _, c := range []struct {
		r    rune
		want class
	}{
		{0, symbol}, {'a', letter}, {'0', number}, {' ', space}, {'_', symbol},
		{'\u00a0', space}, {'\u200b', symbol}, {'ª', letter}, {'²', number}, {'\u0301', symbol},
		{'\U0002ebf0', letter}, {'\U00010d40', number}, // of Unicode 15.1 and 16.0
		{'\U00011de0', symbol}, // a digit of 17.0
		{'\U000e0041', symbol}, {'\U0010ffff', symbol},
	} {
		if got := classOf(c.r); got != c.want {
			t.Errorf("%U is %d, want %d", c.r, got, c.want)
		}
	}
}

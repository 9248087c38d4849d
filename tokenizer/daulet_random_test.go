//go:build daulet

package tokenizer

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Texts of what decides words: letters, numbers, quotes, spaces of all kinds, added tokens.
func TestDauletTexts(t *testing.T) {
	all := everyone(t)
	parts := rapid.SampledFrom(append(strings.Split("a|b|c|ab|hello|'|'s|'ll|'S|1|٣|½|!|é|e\u0301|中|東京|😀|\u200d| |  |\n|\r\n|\t|\u00a0|\u3000|\u2028|<s>|<mask>|<a>|<a><b>|<ab|x|xx|r|\ufffd", "|"), "|", endOfText))
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOf(parts).Draw(rt, "parts"), "")
		for name, b := range all {
			b.compare(rt, name, text)
		}
	})
}

func TestDauletTokenizers(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("aabbcc  <é東\n")), 0, 60, -1)
	rapid.Check(t, func(rt *rapid.T) {
		file := drawTokenizer(rt)
		rust, err := OpenDaulet(jsonFS(file))
		if err != nil {
			rt.Fatal(err)
		}
		defer rust.Close()
		b := both{open(rt, jsonFS(file)), rust}
		for range 20 {
			b.compare(rt, string(file), text.Draw(rt, "text"))
		}
	})
}

// drawTokenizer draws a tokenizer.json with merges over few letters, so that products coincide, and
// with added tokens that overlap. None of these holds a space: where one strips into another, the
// Rust side may panic.
func drawTokenizer(rt *rapid.T) []byte {
	flag := func(name string) bool { return rapid.Bool().Draw(rt, name) }
	vocab := map[string]int{}
	include := func(token string) int {
		if _, ok := vocab[token]; !ok {
			vocab[token] = len(vocab)
		}
		return vocab[token]
	}
	dropped := rapid.SampledFrom([]string{"", "c", "Ġ", "Ãb"}).Draw(rt, "dropped")
	for _, letter := range letterOf {
		if !strings.ContainsRune(dropped, letter) {
			include(string(letter))
		}
	}
	merges := mergeList{}
	part := rapid.StringOfN(rapid.SampledFrom([]rune("abcĠ")), 1, 3, -1)
	for range rapid.IntRange(0, 30).Draw(rt, "merges") {
		left, right := part.Draw(rt, "left"), part.Draw(rt, "right")
		include(left)
		include(right)
		include(left + right)
		merges = append(merges, [2]string{left, right})
	}
	var unk *string
	if flag("unk") {
		token := "<unk>"
		include(token)
		unk = &token
	}
	modelVocab, err := json.Marshal(vocab)
	if err != nil {
		rt.Fatal(err)
	}
	added := []addedToken{}
	content := rapid.StringOfN(rapid.SampledFrom([]rune("ab<é東")), 1, 4, -1)
	for _, c := range rapid.SliceOfNDistinct(content, 0, 6, rapid.ID[string]).Draw(rt, "added") {
		added = append(added, addedToken{ID: include(c), Content: c, LStrip: flag("lstrip"), RStrip: flag("rstrip"),
			Normalized: flag("normalized"), Special: flag("special")})
	}
	byteLevel := map[string]any{"type": "ByteLevel", "trim_offsets": true, "add_prefix_space": flag("prefix space"), "use_regex": flag("expression")}
	file, err := json.Marshal(map[string]any{
		"added_tokens": added, "pre_tokenizer": byteLevel, "decoder": byteLevel,
		"model": map[string]any{"type": "BPE", "vocab": json.RawMessage(modelVocab), "merges": merges, "unk_token": unk,
			"fuse_unk": flag("fuse"), "ignore_merges": flag("ignore merges")},
	})
	if err != nil {
		rt.Fatal(err)
	}
	return file
}

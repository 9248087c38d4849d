//go:build daulet

package tokenizer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// both are the two implementations over the same files.
type both struct{ pure, rust Tokenizer }

func openBoth(tb testing.TB, dir fstest.MapFS) both {
	tb.Helper()
	rust, err := OpenWith("daulet", dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { rust.Close() })
	return both{open(tb, dir), rust}
}

// everyone gives the tiny tokenizer, GPT-2's where it is, and the variants of the reference.
func everyone(tb testing.TB) map[string]both {
	tb.Helper()
	all := map[string]both{}
	for name, path := range map[string]string{"tiny": "testdata/tiny", "gpt2": filepath.Join(shared, "gpt2-tokenizer")} {
		data, err := os.ReadFile(filepath.Join(path, "tokenizer.json"))
		if err != nil {
			tb.Logf("%s left out: %v", name, err)
			continue
		}
		all[name] = openBoth(tb, jsonFS(data))
	}
	for _, v := range readReference(tb).Variants {
		if v.Name == "stripped away" {
			continue // where a token is all in what another stripped, the Rust side may panic
		}
		all[v.Name] = openBoth(tb, jsonFS(v.File))
	}
	return all
}

// compare wants the same ids for text and the same text for them, and for them without the first,
// which may be half a character.
func (b both) compare(t rapid.TB, name, text string) {
	t.Helper()
	got, want := b.pure.Encode(text), b.rust.Encode(text)
	if !slices.Equal(got, want) {
		t.Fatalf("%s: Encode(%.200q)\n  go %v\nrust %v", name, text, got, want)
	}
	for _, ids := range [][]int{want, want[min(1, len(want)):]} {
		if got, want := b.pure.Decode(ids), b.rust.Decode(ids); got != want {
			t.Fatalf("%s: Decode(%v)\n  go %q\nrust %q", name, ids, got, want)
		}
	}
}

func TestDauletReference(t *testing.T) {
	r := readReference(t)
	all := everyone(t)
	for _, text := range slices.Concat(r.Texts, r.Marked) {
		if strings.Contains(text, "\x00") {
			continue // its C interface ends there
		}
		for name, b := range all {
			b.compare(t, name, text)
		}
	}
	for _, long := range r.Long {
		for _, name := range []string{"tiny", "no expression"} {
			all[name].compare(t, name, strings.Repeat(long.Unit, long.Times))
		}
	}
}

func TestDauletLanguages(t *testing.T) {
	sharedFile(t, "udhr/eng.txt")
	paths, err := filepath.Glob(filepath.Join(shared, "udhr", "*.txt"))
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d languages, %v", len(paths), err)
	}
	all := everyone(t)
	for _, path := range paths {
		text := string(sharedFile(t, filepath.Join("udhr", filepath.Base(path))))
		for name, b := range all {
			b.compare(t, name+" "+filepath.Base(path), text)
		}
	}
}

// Every code point after a character of each class, with a vocabulary that merges the two wherever
// they are in one word: the whole of class_table.go.
func TestDauletClasses(t *testing.T) {
	vocab := map[string]int{}
	for b, letter := range letterOf {
		vocab[string(letter)] = b
	}
	var merges mergeList
	for _, before := range []string{"a", "1", "!"} {
		for _, letter := range letterOf {
			merges = append(merges, [2]string{before, string(letter)})
			vocab[before+string(letter)] = len(vocab)
		}
	}
	d := &document{Model: bpeModel{Vocab: vocabulary{ids: vocab}, Merges: merges}}
	data, err := d.marshal()
	if err != nil {
		t.Fatal(err)
	}
	b := openBoth(t, jsonFS(data))
	var text strings.Builder
	for r := rune(1); r <= utf8.MaxRune; r++ {
		if r == 0x40000 {
			r = 0xe0000 // no version of Unicode has characters in planes 4 to 13
		}
		if utf8.ValidRune(r) {
			for _, before := range "a1!" {
				text.WriteRune(before)
				text.WriteRune(r)
			}
		}
		if r%0x1000 == 0xfff {
			b.compare(t, "classes", text.String())
			text.Reset()
		}
	}
}

func TestDauletFromPair(t *testing.T) {
	dir := pairFS(t, "vocab.json", "merges.txt")
	openBoth(t, dir).compare(t, "pair", "Once upon a time<|endoftext|>\r\n it's über 你")
}

func FuzzAgainstDaulet(f *testing.F) {
	all := everyone(f)
	r := readReference(f)
	for _, text := range slices.Concat(r.Texts, r.Marked) {
		f.Add(text, uint16(0), uint16(0))
	}
	f.Add("!a", uint16(200), uint16(1))
	f.Fuzz(func(t *testing.T, text string, times, from uint16) {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return
		}
		// A part of it over and over makes the long runs that bytes seldom mutate into.
		part := text[min(int(from), len(text)):]
		if n := int(times) % 256; utf8.ValidString(part) && n*len(part) < 2048 {
			text += strings.Repeat(part, n)
		}
		for name, b := range all {
			b.compare(t, name, text)
		}
	})
}

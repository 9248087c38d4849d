package tokenizer

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func BenchmarkOpen(b *testing.B) {
	dir := gpt2(b)
	pair := fstest.MapFS{
		"encoder.json": {Data: sharedFile(b, "gpt2-tokenizer/encoder.json")},
		"vocab.bpe":    {Data: sharedFile(b, "gpt2-tokenizer/vocab.bpe")},
	}
	for _, c := range []struct {
		name string
		dir  fs.FS
	}{{"tokenizer.json", dir}, {"encoder.json", pair}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				open(b, c.dir)
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	t := open(b, gpt2(b))
	for _, name := range []string{"wikitext-2-raw/wiki.test.raw", "udhr/cmn_hans.txt", "udhr/rus.txt"} {
		text := string(sharedFile(b, name))
		b.Run(filepath.Base(name), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				t.Encode(text)
			}
		})
	}
	for _, n := range []int{1 << 13, 1 << 19} {
		text := strings.Repeat("a", n)
		b.Run(fmt.Sprintf("one-letter-%d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				t.Encode(text)
			}
		})
	}
}

package weights

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

// gpt2Merges is OpenAI's vocab.bpe, compressed (see NOTICE).
//
//go:embed openai/vocab.bpe.gz
var gpt2Merges []byte

// gpt2Vocabulary is how many tokens GPT-2 has: bytes, merges, and the end of a text.
const gpt2Vocabulary = 256 + 50000 + 1

// gpt2Words is the folder of GPT-2's own tokenizer. Its vocab.json follows from the merges: tokens are
// the letters of bytes, then what each merge makes, in their order.
var gpt2Words = sync.OnceValue(func() fs.FS {
	unpacked, err := gzip.NewReader(bytes.NewReader(gpt2Merges))
	if err != nil {
		panic(err) // only for a file that was embedded broken
	}
	merges, err := io.ReadAll(unpacked)
	if err != nil {
		panic(err)
	}
	vocab, id := &jsonText{}, 0
	vocab.next("{")
	add := func(token string) {
		if err := vocab.item("", []byte(token), ":"+strconv.Itoa(id)); err != nil {
			panic(err)
		}
		id++
	}
	for _, letter := range byteLetters() {
		add(string(letter))
	}
	for line := range strings.Lines(string(merges)) {
		if left, right, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#version") {
			add(left + right)
		}
	}
	add("<|endoftext|>")
	vocab.next("}")
	if id != gpt2Vocabulary {
		panic(fmt.Sprintf("weights: the embedded vocabulary has %d tokens", id))
	}
	return folderOf{"vocab.json": vocab.Bytes(), "merges.txt": merges}
})

// byteLetters are the letters that GPT-2 writes bytes as, in the order of their ids: those that can be
// seen stand for themselves, and the others are 256, 257, … (bytes_to_unicode of encoder.py).
func byteLetters() []rune {
	var seen, others []rune
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= '¡' && b != '\u00ad' {
			seen = append(seen, b)
		} else {
			others = append(others, 256+rune(len(others)))
		}
	}
	return append(seen, others...)
}

// chooseWords gives a checkpoint of one file the tokenizer that lies beside it, or GPT-2's own where
// there is none and the vocabulary is as large as that.
func (c *Checkpoint) chooseWords(beside fs.FS) {
	if beside != nil && hasWords(beside) {
		c.tokenizer = beside
		return
	}
	wte := c.tensors[c.stored("wte.weight")]
	if c.builtIn = len(wte.Shape) == 2 && wte.Shape[0] == gpt2Vocabulary; c.builtIn {
		c.tokenizer = gpt2Words()
	}
}

// hasWords tells whether a folder has a tokenizer, also one that cannot be read.
func hasWords(folder fs.FS) bool {
	for _, name := range []string{"tokenizer.json", "vocab.json", "encoder.json"} {
		f, err := folder.Open(name)
		if err == nil {
			f.Close()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// BuiltInTokenizer tells that the tokenizer is GPT-2's own, which the binary has for weights in one
// file that come without any and have as many tokens.
func (c *Checkpoint) BuiltInTokenizer() bool { return c.builtIn }

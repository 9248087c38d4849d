package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// class is how GPT-2's expression sees a character.
type class uint8

// The classes that \p{L}, \p{N} and \s leave and name; class_table.go holds them in these two bits.
const (
	symbol class = iota
	letter
	number
	space
)

// classOf finds the last span of the table that begins at or before r.
func classOf(r rune) class {
	low, high := 0, len(classSpans)
	for high-low > 1 {
		middle := (low + high) / 2
		if rune(classSpans[middle]>>2) <= r {
			low = middle
		} else {
			high = middle
		}
	}
	return class(classSpans[low] & 3)
}

var asciiClass [utf8.RuneSelf]class

func init() {
	for r := range asciiClass {
		asciiClass[r] = classOf(rune(r))
	}
}

// first gives the class and length in bytes of the character that text begins with.
func first(text string) (class, int) {
	if text[0] < utf8.RuneSelf {
		return asciiClass[text[0]], 1
	}
	r, size := utf8.DecodeRuneInString(text)
	return classOf(r), size
}

// wordLen gives the length in bytes of the word that text, valid and not empty, begins with: the
// first match of
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// whose alternatives cover every text. It reads the word and at most one character more.
func wordLen(text string) int {
	if n := contractionLen(text); n > 0 {
		return n
	}
	if text[0] == ' ' && len(text) > 1 {
		if c, _ := first(text[1:]); c != space {
			n, _ := runLen(text[1:], c)
			return 1 + n
		}
	}
	c, _ := first(text)
	n, last := runLen(text, c)
	if c == space && n < len(text) && n > last {
		return n - last // (?!\S): the last space goes with what follows
	}
	return n
}

func contractionLen(text string) int {
	if text[0] != '\'' || len(text) < 2 {
		return 0
	}
	switch text[1] {
	case 's', 't', 'm', 'd':
		return 2
	}
	for _, suffix := range [...]string{"re", "ve", "ll"} {
		if strings.HasPrefix(text[1:], suffix) {
			return 3
		}
	}
	return 0
}

// runLen gives the length in bytes of the characters of class c that text begins with, and of the
// last of them.
func runLen(text string, c class) (n, last int) {
	for n < len(text) {
		next, size := first(text[n:])
		if next != c {
			break
		}
		n, last = n+size, size
	}
	return n, last
}

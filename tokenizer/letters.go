package tokenizer

// GPT-2 spells bytes as letters, so that a vocabulary is printable text: a printable Latin-1 byte is
// itself, the others are U+0100 and on, in order (bytes_to_unicode of gpt-2's encoder.py).

// lettersEnd is one more than the last letter.
const lettersEnd = 0x144

var (
	letterOf [256]rune         // by byte
	byteOf   [lettersEnd]int16 // by letter, -1 for what is none
)

func init() {
	for i := range byteOf {
		byteOf[i] = -1
	}
	next := rune(0x100)
	for b := range 256 {
		letter := rune(b)
		if b <= ' ' || 0x7f <= b && b <= 0xa0 || b == 0xad {
			letter = next
			next++
		}
		letterOf[b] = letter
		byteOf[letter] = int16(b)
	}
}

// appendSpelled appends the bytes that token spells. ok is false where a character is no letter.
func appendSpelled(dst []byte, token string) (spelled []byte, ok bool) {
	for _, r := range token {
		if r >= lettersEnd || byteOf[r] < 0 {
			return dst, false
		}
		dst = append(dst, byte(byteOf[r]))
	}
	return dst, true
}

// appendBytes appends the bytes that token stands for: those it spells, or, where a character is no
// letter, as in an added token with a space, its own UTF-8. So the ByteLevel decoder has it.
func appendBytes(dst []byte, token string) []byte {
	if spelled, ok := appendSpelled(dst, token); ok {
		return spelled
	}
	return append(dst, token...)
}

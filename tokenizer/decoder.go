package tokenizer

import "unicode/utf8"

// Decoder gives the text of ids as they come, never half a character. What Add and Flush give,
// joined, is what Decode gives for all the ids.
type Decoder struct {
	// SkipSpecial leaves special tokens out of the text.
	SkipSpecial bool

	t      Tokenizer
	stream stream
}

// stream is how a tokenizer's text grows.
type stream interface {
	add(id int) string
	flush() string
}

// NewDecoder begins a text.
func NewDecoder(t Tokenizer) *Decoder {
	d := &Decoder{t: t, stream: &byteStream{t: t}}
	if own, ok := t.(interface{ newStream() stream }); ok {
		d.stream = own.newStream()
	}
	return d
}

// Add takes the next id and gives the text that is now certain.
func (d *Decoder) Add(id int) string {
	if d.SkipSpecial && d.t.Special(id) {
		return ""
	}
	return d.stream.add(id)
}

// Flush gives what is left at the end of the text, U+FFFD for the beginning of a character.
func (d *Decoder) Flush() string { return d.stream.flush() }

// byteStream is for tokens whose text is that of their bytes joined, the byte-level ones.
type byteStream struct {
	t       Tokenizer
	pending []byte // that may be the beginning of a character
}

func (s *byteStream) add(id int) string {
	s.pending = append(s.pending, s.t.Bytes(id)...)
	n := len(s.pending) - partial(s.pending)
	text := lossy(s.pending[:n])
	s.pending = append(s.pending[:0], s.pending[n:]...)
	return text
}

func (s *byteStream) flush() string {
	text := lossy(s.pending)
	s.pending = nil
	return text
}

// partial gives how many bytes at the end of b are the beginning of a character and not the whole of it.
func partial(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if end := b[len(b)-n:]; utf8.RuneStart(end[0]) {
			if utf8.FullRune(end) {
				return 0
			}
			return n
		}
	}
	return 0
}

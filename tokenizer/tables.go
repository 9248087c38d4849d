package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// The two large tables of tokenizer.json are read by hand: encoding/json proves the file well formed
// and finds where they begin, but decoding them through reflection would double the time to open GPT-2's.

// maxSize bounds ids, merges and the bytes of added tokens. Tables are slices over the ids, so one huge id must not cost memory.
const maxSize = 1 << 20

// vocabulary is the two-way table of tokens and ids.
type vocabulary struct {
	tokens []string // by id; "" where there is none
	ids    map[string]int
}

// errNoVocab is found out late, because another model's vocab may well be an array.
var errNoVocab = errors.New("vocab is missing or not an object")

// set adds a token. Both directions must be new.
func (v *vocabulary) set(token string, id int) error {
	if id < 0 || id >= maxSize {
		return fmt.Errorf("token %q has id %d, which is not from 0 to %d", token, id, maxSize-1)
	}
	if _, ok := v.ids[token]; ok {
		return fmt.Errorf("token %q is there twice", token)
	}
	for id >= len(v.tokens) {
		v.tokens = append(v.tokens, "")
	}
	if other, ok := v.lookup(id); ok {
		return fmt.Errorf("tokens %q and %q have the same id %d", other, token, id)
	}
	v.tokens[id] = token
	v.ids[token] = id
	return nil
}

// add adds the tokens that are not the model's own. tokenizers gives those ids of its own making, one
// more than the largest of an added token so far and at least the vocabulary's length, and only warns
// where the file says otherwise; so a file that does is refused.
func (v *vocabulary) add(tokens []addedToken) error {
	next, size := len(v.ids), 0
	seen := map[string]bool{}
	for i, token := range tokens {
		if size += len(token.Content); size > maxSize {
			return fmt.Errorf("added_tokens[%d]: more than %d bytes of added tokens", i, maxSize)
		}
		if token.Content == "" || seen[token.Content] {
			return fmt.Errorf("added_tokens[%d]: %q is empty or there twice", i, token.Content)
		}
		seen[token.Content] = true
		id, ok := v.ids[token.Content]
		if !ok {
			id = next
			if err := v.set(token.Content, id); err != nil {
				return fmt.Errorf("added_tokens[%d]: %w", i, err)
			}
		}
		if id != token.ID {
			return fmt.Errorf("added_tokens[%d]: %q has id %d here and is %d by the vocabulary", i, token.Content, token.ID, id)
		}
		next = max(next, id+1)
	}
	return nil
}

// lookup tells the empty token from no token.
func (v *vocabulary) lookup(id int) (token string, ok bool) {
	if id < 0 || id >= len(v.tokens) {
		return "", false
	}
	token = v.tokens[id]
	if token != "" {
		return token, true
	}
	empty, ok := v.ids[""]
	return "", ok && empty == id
}

// UnmarshalJSON reads {"token": id, …}, and leaves ids nil for anything else.
func (v *vocabulary) UnmarshalJSON(data []byte) error {
	c := cursor{text: string(data)}
	if !c.skip('{') {
		return nil
	}
	n := min(strings.Count(c.text, ":"), maxSize) // no fewer than there are tokens
	*v = vocabulary{tokens: make([]string, 0, n), ids: make(map[string]int, n)}
	for !c.skip('}') {
		token, err := c.str()
		if err != nil {
			return fmt.Errorf("vocab: %w", err)
		}
		c.skip(':')
		id, ok := c.natural()
		if !ok {
			return fmt.Errorf("vocab: the id of token %q is not a whole number from 0 to %d", token, maxSize-1)
		}
		if err := v.set(token, id); err != nil {
			return fmt.Errorf("vocab: %w", err)
		}
		c.skip(',')
	}
	return nil
}

// mergeList is the pairs of tokens to join, by rank.
type mergeList [][2]string

// addLine adds a merge spelled as in merges.txt. A line that begins with "#version" is none,
// wherever it stands: so tokenizers has it.
func (m *mergeList) addLine(line string) error {
	if strings.HasPrefix(line, "#version") {
		return nil
	}
	left, right, ok := strings.Cut(line, " ")
	if !ok || strings.Contains(right, " ") {
		return fmt.Errorf("%q is not two tokens with a space between them", line)
	}
	return m.add(left, right)
}

func (m *mergeList) add(left, right string) error {
	if len(*m) == maxSize {
		return fmt.Errorf("more than %d merges", maxSize)
	}
	*m = append(*m, [2]string{left, right})
	return nil
}

// UnmarshalJSON reads either spelling: ["a b", …], or [["a", "b"], …] of tokenizers 0.20 and later.
func (m *mergeList) UnmarshalJSON(data []byte) error {
	c := cursor{text: string(data)}
	if !c.skip('[') {
		return errors.New("merges is not an array")
	}
	*m = mergeList{}
	nested := c.peek() == '['
	for i := 0; !c.skip(']'); i++ {
		var err error
		if nested {
			err = c.pair(m)
		} else if line, e := c.str(); e != nil {
			err = e
		} else {
			err = m.addLine(line)
		}
		if err != nil {
			return fmt.Errorf("merges[%d]: %w", i, err)
		}
		c.skip(',')
	}
	return nil
}

// cursor walks JSON that encoding/json has already found valid, so that only types are left to
// check. Strings without escapes are parts of the text and cost no memory of their own.
type cursor struct {
	text string
	i    int
}

// peek gives the next byte that is not blank, 0 at the end.
func (c *cursor) peek() byte {
	for ; c.i < len(c.text); c.i++ {
		switch b := c.text[c.i]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

// skip steps over b where it is next.
func (c *cursor) skip(b byte) bool {
	if c.peek() != b {
		return false
	}
	c.i++
	return true
}

func (c *cursor) str() (string, error) {
	if c.peek() != '"' {
		return "", errors.New("not a string")
	}
	begin, escaped := c.i, false
	for c.i++; c.text[c.i] != '"'; c.i++ {
		if c.text[c.i] == '\\' {
			escaped = true
			c.i++
		}
	}
	c.i++
	if !escaped {
		return c.text[begin+1 : c.i-1], nil
	}
	var s string
	err := json.Unmarshal([]byte(c.text[begin:c.i]), &s)
	return s, err
}

// natural reads a whole number below maxSize.
func (c *cursor) natural() (int, bool) {
	c.peek()
	begin, n := c.i, 0
	for ; c.i < len(c.text) && '0' <= c.text[c.i] && c.text[c.i] <= '9'; c.i++ {
		if n = n*10 + int(c.text[c.i]-'0'); n >= maxSize {
			return 0, false
		}
	}
	next := c.peek()
	return n, c.i > begin && (next == ',' || next == '}')
}

// pair reads ["a", "b"] to the end of m.
func (c *cursor) pair(m *mergeList) error {
	if !c.skip('[') {
		return errors.New("not two tokens")
	}
	left, err := c.str()
	if err != nil {
		return err
	}
	c.skip(',')
	right, err := c.str()
	if err != nil {
		return err
	}
	if !c.skip(']') {
		return errors.New("more than two tokens")
	}
	return m.add(left, right)
}

package tokenizer

import (
	"slices"
	"sync"
	"testing"
)

func FuzzRoundTrip(f *testing.F) {
	tok := tiny(f)
	for _, text := range readReference(f).Texts {
		f.Add(text)
	}
	f.Add("\xff\xe2\x82a")
	f.Fuzz(func(t *testing.T, text string) {
		ids := tok.Encode(text)
		for _, id := range ids {
			if id < 0 || id >= tok.Size() || len(tok.Bytes(id)) == 0 {
				t.Fatalf("Encode(%q) has id %d", text, id)
			}
			if back, ok := tok.ID(tok.Token(id)); !ok || back != id {
				t.Fatalf("id %d is %q, which is %d, %v", id, tok.Token(id), back, ok)
			}
		}
		want := lossy([]byte(text))
		if got := tok.Decode(ids); got != want {
			t.Fatalf("Decode gives %q, want %q", got, want)
		}
		if got := decodeOneByOne(t, NewDecoder(tok), ids); got != want {
			t.Fatalf("the decoder gives %q, want %q", got, want)
		}
	})
}

// Under the race detector this is the test of the cache's lock.
func TestConcurrentEncode(t *testing.T) {
	r := readReference(t)
	tok := tiny(t)
	var wg sync.WaitGroup
	for first := range 8 {
		wg.Go(func() {
			for i := range r.Texts {
				i = (i + first*7) % len(r.Texts)
				if got := tok.Encode(r.Texts[i]); !slices.Equal(got, r.Tiny.IDs[i]) {
					t.Errorf("Encode(%q) = %v, want %v", r.Texts[i], got, r.Tiny.IDs[i])
				}
			}
		})
	}
	wg.Wait()
}

// What Encode returns is the caller's to change, though it remembers words.
func TestEncodeKeepsNothing(t *testing.T) {
	tok := tiny(t)
	for range 3 {
		ids := tok.Encode("Once upon a time")
		if got := tok.Decode(ids); got != "Once upon a time" {
			t.Fatalf("got %q", got)
		}
		clear(ids)
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c cache
	word := []byte("wordaaaa")
	for i := range 2*cachedWords + 10 {
		for j, shift := 4, 0; j < 8; j, shift = j+1, shift+4 {
			word[j] = 'a' + byte(i>>shift&15)
		}
		c.put(string(word), []int{i})
		if got, ok := c.get(string(word)); !ok || got[0] != i {
			t.Fatalf("get(%q) = %v, %v", word, got, ok)
		}
		if len(c.ids) > cachedWords {
			t.Fatalf("%d words", len(c.ids))
		}
	}
	long := string(make([]byte, cachedBytes+1))
	c.put(long, []int{1})
	if _, ok := c.get(long); ok {
		t.Errorf("a word of %d bytes is kept", len(long))
	}
}

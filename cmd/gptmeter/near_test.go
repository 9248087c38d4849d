package main

import "testing"

func TestNear(t *testing.T) {
	names := []string{"temperature", "top-k", "top-p", "max-tokens", "n"}
	for _, c := range []struct{ word, want string }{
		{"temprature", "temperature"},
		{"tempertaure", "temperature"},
		{"temp", "temperature"},
		{"top-q", "top-k"},
		{"topp", "top-p"},
		{"maxtokens", "max-tokens"},
		{"max-token", "max-tokens"},
		{"TEMPERATURE", ""},
		{"price", ""},
		{"nn", "n"},
		{"x", ""},
		{"", ""},
		{"tpo-k", "top-k"},
	} {
		if got := near(c.word, names); got != c.want {
			t.Errorf("near %q is %q, want %q", c.word, got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"top-k", "top-p", 1}, {"ab", "ba", 1}, {"UDS", "USD", 1}, {"ca", "abc", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("from %q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

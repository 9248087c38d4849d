package engine

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestStopper(t *testing.T) {
	for _, test := range []struct {
		name    string
		stops   []string
		feed    []string
		given   []string // by each add
		held    string   // at the end
		stopped bool
	}{
		{"no stops", nil, []string{"ab", "c"}, []string{"ab", "c"}, "", false},
		{"whole", []string{"b"}, []string{"abc"}, []string{"a"}, "", true},
		{"across", []string{"bcd"}, []string{"ab", "c", "de"}, []string{"a", "", ""}, "", true},
		{"given back", []string{"bcd"}, []string{"ab", "c", "b"}, []string{"a", "", "bc"}, "b", false},
		{"overlapping itself", []string{"aab"}, []string{"a", "a", "a", "b"}, []string{"", "", "a", ""}, "", true},
		{"complete first", []string{"abcd", "bc"}, []string{"abcd"}, []string{"a"}, "", true},
		{"longest of those", []string{"c", "bc"}, []string{"abcd"}, []string{"a"}, "", true},
		{"first of several places", []string{"b"}, []string{"abab"}, []string{"a"}, "", true},
		{"held at the end", []string{"xy"}, []string{"ax"}, []string{"a"}, "x", false},
		{"held for the longer", []string{"abc", "bd"}, []string{"ab", "c"}, []string{"", ""}, "", true},
		{"held for the longer, later in the list", []string{"bd", "abc"}, []string{"ab", "d"}, []string{"", "a"}, "", true},
		{"characters", []string{"é!"}, []string{"né", "e", "é", "!"}, []string{"n", "ée", "", ""}, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := stopper{stops: test.stops}
			stopped := false
			for i, text := range test.feed {
				if stopped {
					t.Fatal("stopped before the last text")
				}
				var given string
				if given, stopped = s.add(text); given != test.given[i] {
					t.Errorf("add(%q) gave %q, want %q", text, given, test.given[i])
				}
			}
			if held := s.flush(); held != test.held || stopped != test.stopped {
				t.Errorf("held %q, stopped %v; want %q, %v", held, stopped, test.held, test.stopped)
			}
		})
	}
}

// However a text is cut, what comes out is the text before the stop string that is complete
// first, and what is held back is exactly what may become one.
func TestStopperCuts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.SampledFrom([]rune("aab🙂")), 1, 5, -1)
		stops := rapid.SliceOfN(letters, 0, 4).Draw(t, "stops")
		pieces := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("aab🙂")), 0, 6, -1), 0, 12).Draw(t, "pieces")
		text := strings.Join(pieces, "")
		want, wantStop := beforeStop(text, stops)

		s := stopper{stops: stops}
		given, fed, stopped := "", "", false
		for _, piece := range pieces {
			var certain string
			certain, stopped = s.add(piece)
			given += certain
			if stopped {
				break
			}
			fed += piece
			if given+s.held != fed {
				t.Fatalf("of %q gave %q and holds %q", fed, given, s.held)
			}
			if may := mayBecome(fed, stops); s.held != may {
				t.Fatalf("of %q holds %q, want %q", fed, s.held, may)
			}
			if !utf8.ValidString(given) {
				t.Fatalf("gave half a character: %q", given)
			}
		}
		if !stopped {
			given += s.flush()
		}
		if given != want || stopped != wantStop || s.held != "" {
			t.Fatalf("gave %q, stopped %v, holds %q; want %q, %v", given, stopped, s.held, want, wantStop)
		}
	})
}

// beforeStop is what remains of text where it ends as soon as it ends in one of stops.
func beforeStop(text string, stops []string) (before string, stopped bool) {
	for end := range len(text) + 1 {
		longest := 0
		for _, stop := range stops {
			if strings.HasSuffix(text[:end], stop) {
				longest = max(longest, len(stop))
			}
		}
		if longest > 0 {
			return text[:end-longest], true
		}
	}
	return text, false
}

// mayBecome is the longest end of text with which one of stops begins.
func mayBecome(text string, stops []string) (end string) {
	for _, stop := range stops {
		for n := range len(stop) {
			if strings.HasSuffix(text, stop[:n]) && n > len(end) {
				end = stop[:n]
			}
		}
	}
	return end
}

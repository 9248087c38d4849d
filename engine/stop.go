package engine

import "strings"

// A stopper holds back text that may be the beginning of a stop string.
type stopper struct {
	stops []string
	held  string
}

// add takes more text and returns what is now certain to be before any stop string. Once it has
// found one it reports so; text from there on is dropped. Of several the one that begins first
// counts.
func (s *stopper) add(text string) (certain string, stopped bool) {
	s.held += text
	first := -1
	for _, stop := range s.stops {
		if i := strings.Index(s.held, stop); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	if first >= 0 {
		certain, s.held = s.held[:first], ""
		return certain, true
	}
	keep := len(s.held)
	for _, stop := range s.stops {
		for n := min(len(stop)-1, len(s.held)); n > 0; n-- {
			if strings.HasSuffix(s.held, stop[:n]) {
				keep = min(keep, len(s.held)-n)
				break
			}
		}
	}
	certain, s.held = s.held[:keep], s.held[keep:]
	return certain, false
}

// flush returns what was held back, when no more text comes.
func (s *stopper) flush() string {
	held := s.held
	s.held = ""
	return held
}

package engine

import "strings"

// A stopper holds back text that may be the beginning of a stop string.
type stopper struct {
	stops []string
	held  string
}

// add takes more text and returns what is now certain to be before any stop string. Once it has
// found one it reports so; text from there on is dropped. Of several the one that is complete
// first counts, and of those the longest: how the text is cut into calls makes no difference.
func (s *stopper) add(text string) (certain string, stopped bool) {
	s.held += text
	begin, end := -1, len(s.held)+1
	for _, stop := range s.stops {
		if i := strings.Index(s.held, stop); i >= 0 {
			if e := i + len(stop); e < end || e == end && i < begin {
				begin, end = i, e
			}
		}
	}
	if begin >= 0 {
		certain, s.held = s.held[:begin], ""
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

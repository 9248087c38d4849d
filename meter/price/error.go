package price

import "fmt"

// An UnknownError is the error for a word in a file that is none of those it could be.
type UnknownError struct {
	Place string // the file, and the line
	What  string // "key", "currency"
	Word  string
	Known []string // that it could be
}

func (e *UnknownError) Error() string {
	place := ""
	if e.Place != "" {
		place = e.Place + ": "
	}
	return fmt.Sprintf("%sunknown %s %q", place, e.What, e.Word)
}

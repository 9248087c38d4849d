package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// near returns the name that whoever wrote word has most likely meant, or "".
func near(word string, names []string) (best string) {
	least := 1 + min(len(word)/2, 3) // up to so many edits look like a slip
	for _, name := range names {
		if d := distance(word, name); d < least {
			best, least = name, d
		}
	}
	if best == "" && len(word) > 1 {
		for _, name := range names {
			if strings.HasPrefix(name, word) {
				return name
			}
		}
	}
	return best
}

// distance is how many insertions, deletions, substitutions and swaps of neighbours turn a into b
// (Damerau 1964), where nothing that was swapped is edited again.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1) // from a[:i-1] and a[:i] to each b[:j]
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			substitution := last[j]
			if a[i] != b[j] {
				substitution++
			}
			row[j+1] = min(substitution, row[j]+1, last[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// unknownCommand is the error for arguments that name no command of parent.
func unknownCommand(parent *cobra.Command, args []string) error {
	word := ""
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			word = arg
			break
		}
	}
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	err := usageError("unknown command %q", word)
	if name := near(word, names); name != "" {
		return errorWithHint(err, "did you mean %s?", name)
	}
	return errorWithHint(err, "the commands are %s", strings.Join(names, ", "))
}

// arguments accepts at most so many arguments of that name.
func arguments(most int, name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) <= most:
			return nil
		case most == 0:
			return usageError("unexpected argument %q", args[0])
		}
		return errorWithHint(usageError("%d arguments where one %s is expected", len(args), name), "put quotes around the %s", name)
	}
}

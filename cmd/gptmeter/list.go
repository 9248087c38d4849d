package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A list is a flag for several values, separated by commas, none of which is there twice. The last
// of several flags counts.
type list[T comparable] struct {
	to    *[]T
	kind  string // of one value
	parse func(string) (T, error)
	empty string // the word for no values; "" where there has to be one
}

func (l list[T]) Set(text string) error {
	if text == l.empty && text != "" {
		return l.Replace(nil)
	}
	return l.Replace(strings.Split(text, ","))
}

func (l list[T]) Replace(texts []string) error {
	if len(texts) == 0 && l.empty == "" {
		return errors.New("not to be empty")
	}
	values := []T{}
	for _, text := range texts {
		v, err := l.parse(strings.TrimSpace(text))
		if err != nil && len(texts) > 1 {
			err = fmt.Errorf("%q is %w", text, err)
		}
		if err != nil {
			return err
		}
		if slices.Contains(values, v) {
			return fmt.Errorf("%v is there twice", v)
		}
		values = append(values, v)
	}
	*l.to = values
	return nil
}

func (l list[T]) Append(text string) error { return l.Replace(append(l.GetSlice(), text)) }

func (l list[T]) GetSlice() (texts []string) {
	for _, v := range *l.to {
		texts = append(texts, fmt.Sprint(v))
	}
	return texts
}

func (l list[T]) String() string { return strings.Join(l.GetSlice(), ",") }
func (l list[T]) Type() string   { return l.kind }

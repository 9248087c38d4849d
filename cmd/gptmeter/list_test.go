package main

import (
	"errors"
	"slices"
	"testing"
)

func TestList(t *testing.T) {
	for _, test := range []struct {
		text, empty string
		want        []int
		refused     string
	}{
		{"3", "", []int{3}, ""},
		{"3,1, 2", "", []int{3, 1, 2}, ""},
		{"none", "none", []int{}, ""},
		{"none", "", nil, "not a whole number"},
		{"", "", nil, "not a whole number"},
		{"9", "", nil, "not in 1..5"},
		{"3,", "", nil, `"" is not a whole number`},
		{"3,9", "", nil, `"9" is not in 1..5`},
		{"3,1,3", "", nil, "3 is there twice"},
		{"3,none", "none", nil, `"none" is not a whole number`},
	} {
		got := []int{5}
		l := list[int]{to: &got, kind: numberType, parse: parseWhole(1, 5), empty: test.empty}
		err := l.Set(test.text)
		if err == nil {
			err = errors.New("")
		}
		if test.want == nil {
			test.want = []int{5} // as it was
		}
		if err.Error() != test.refused || !slices.Equal(got, test.want) {
			t.Errorf("%q: %v, %v", test.text, got, err)
		}
	}
	two := []int{1, 2}
	l := list[int]{to: &two, kind: numberType, parse: parseWhole(1, 5)}
	if err := l.Append("4"); err != nil || l.String() != "1,2,4" {
		t.Errorf("%s, %v", l, err)
	}
	if err := l.Replace(nil); err == nil || l.String() != "1,2,4" {
		t.Errorf("%s, %v", l, err)
	}
}

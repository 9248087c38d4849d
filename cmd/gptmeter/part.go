package main

import (
	"slices"
	"unicode/utf8"

	"github.com/gptmeter/gptmeter/meter"
)

// A part is a row of the receipt below a leg: an operator or a section of the model.
type part struct {
	name    string
	seconds *float64 // nil for what runs inside another operator
	flops   int64
	bytes   int64
}

// parts divides a leg as --by says.
func parts(l meter.Leg, by string) (list []part) {
	switch by {
	case byOperator:
		for _, o := range l.Operators {
			list = append(list, part{o.Operator, o.WallSeconds, o.Flops, o.BytesRead + o.BytesWritten})
		}
	case byLayer:
		for _, s := range l.Sections {
			list = append(list, part{s.Section, &s.MachineSeconds, s.Flops, s.BytesRead + s.BytesWritten})
		}
	}
	return list
}

// addParts adds b to a, by name.
func addParts(a, b []part) []part {
	for _, p := range b {
		i := slices.IndexFunc(a, func(q part) bool { return q.name == p.name })
		if i < 0 {
			a = append(a, p)
			continue
		}
		a[i].flops += p.flops
		a[i].bytes += p.bytes
		if p.seconds != nil {
			seconds := *a[i].seconds + *p.seconds
			a[i].seconds = &seconds
		}
	}
	return a
}

// widest is the width of the longest name below a leg, with its indent.
func widest(list []part) (width int) {
	for _, p := range list {
		width = max(width, 2+utf8.RuneCountInString(p.name))
	}
	return width
}

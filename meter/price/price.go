package price

import (
	"maps"
	"math/big"
	"slices"
	"strings"
)

// A Price is what machines of one kind cost.
type Price struct {
	Name     string
	Currency string // ISO 4217
	Preset   bool   // it is one of Presets
	Provenance

	tables  map[string]Provenance // that are there
	figures map[Key]*big.Rat
	ranges  map[Key]Range
	assumed []string // what the file does not say
}

// Provenance says where figures are from and of which day they are; either may be "".
type Provenance struct {
	Source string `json:"source"`
	Date   string `json:"date"` // YYYY-MM-DD
}

// A Range is from where to where a figure may lie. The figure itself is the likeliest in it.
type Range struct{ Low, High *big.Rat }

// At is the figure k, 0 where there is none. It is not to be changed.
func (p *Price) At(k Key) *big.Rat {
	if x, ok := p.figures[k]; ok {
		return x
	}
	return new(big.Rat)
}

// Has tells whether the price has the figure k.
func (p *Price) Has(k Key) bool { return p.figures[k] != nil }

// HasTable tells whether the price has that table.
func (p *Price) HasTable(name string) bool {
	_, ok := p.tables[name]
	return ok
}

// Range is the range of the figure k; false where the file has none.
func (p *Price) Range(k Key) (Range, bool) {
	r, ok := p.ranges[k]
	return r, ok
}

// Ranges lists the figures that have a range.
func (p *Price) Ranges() (keys []Key) {
	for _, k := range Keys() {
		if _, ok := p.ranges[k]; ok {
			keys = append(keys, k)
		}
	}
	return keys
}

// Of is where the figures of a table are from: what the table says, else what the file does.
func (p *Price) Of(table string) Provenance {
	of := p.tables[table]
	if of.Source == "" {
		of.Source = p.Source
	}
	if of.Date == "" {
		of.Date = p.Date
	}
	return of
}

// With is the price with another figure k.
func (p *Price) With(k Key, x *big.Rat) *Price {
	q := *p
	q.figures = maps.Clone(p.figures)
	q.figures[k] = x
	if !p.HasTable(k.Table()) {
		q.tables = maps.Clone(p.tables)
		q.tables[k.Table()] = Provenance{}
	}
	return &q
}

// Example tells whether figures are made up: the price is called example-….
func (p *Price) Example() bool { return strings.HasPrefix(p.Name, ExamplePrefix) }

// ExamplePrefix begins the name of a price with figures that nobody has looked up.
const ExamplePrefix = "example-"

// Remarks are what whoever uses the price has to be told.
func (p *Price) Remarks() (remarks []string) {
	if p.Example() {
		remarks = append(remarks, p.Name+" is an example: not all of its figures have been looked up")
	}
	return append(remarks, slices.Clone(p.assumed)...)
}

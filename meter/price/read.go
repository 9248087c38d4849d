package price

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxFile is the largest file that is read.
const maxFile = 1 << 20

// Read reads the price in a TOML file. One without a name is called as the file is.
func Read(path string) (*Price, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxFile)
	}
	return Parse(path, text)
}

// Parse reads the price in a TOML text, which is called place in errors.
func Parse(place string, text []byte) (*Price, error) {
	var whole map[string]any // for what the walk below does not check: keys that are there twice
	if err := toml.Unmarshal(text, &whole); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			row, _ := at.Position()
			return nil, fmt.Errorf("%s:%d: %w", place, row, err)
		}
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	name := strings.TrimSuffix(filepath.Base(place), extension)
	r := &reader{place: place, price: &Price{Name: name, tables: map[string]Provenance{}, figures: map[Key]*big.Rat{}, ranges: map[Key]Range{}}}
	r.parser.Reset(text)
	var table []string
	for r.parser.NextExpression() {
		n := r.parser.Expression()
		path := append(slices.Clone(table), words(n.Key())...)
		switch n.Kind {
		case unstable.Table:
			table = words(n.Key())
			r.line = r.lineOf(n)
			r.table(table)
		case unstable.KeyValue:
			r.line = r.lineOf(n)
			r.value(path, n.Value())
		default: // [[a table]] of an array
			r.line = r.lineOf(n)
			r.refuse("%s is no list of tables", strings.Join(words(n.Key()), "."))
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	if err := r.parser.Error(); err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	return r.price, r.price.complete(place)
}

// A reader takes a price from the expressions of a TOML text. Values stay text until then, so that
// a decimal is exact.
type reader struct {
	parser unstable.Parser
	place  string
	line   int
	price  *Price
	err    error // the first
}

func words(keys unstable.Iterator) (path []string) {
	for keys.Next() {
		path = append(path, string(keys.Node().Data))
	}
	return path
}

func (r *reader) lineOf(n *unstable.Node) int {
	keys := n.Key()
	keys.Next()
	return r.parser.Shape(keys.Node().Raw).Start.Line
}

func (r *reader) refuse(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s:%d: %w", r.place, r.line, fmt.Errorf(format, args...))
	}
}

func (r *reader) unknown(what, word string, known []string) {
	if r.err == nil {
		r.err = &UnknownError{Place: fmt.Sprintf("%s:%d", r.place, r.line), What: what, Word: word, Known: known}
	}
}

const rangeTable = "range"

// table notes that a table is there.
func (r *reader) table(path []string) {
	within := path
	if path[0] == rangeTable {
		within = path[1:]
	}
	if len(within) == 0 || len(within) == 1 && slices.Contains(tables(), within[0]) {
		if path[0] != rangeTable {
			r.tableOf(within[0], func(*Provenance) {})
		}
		return
	}
	r.unknown("table", strings.Join(path, "."), append(tables(), rangeTable))
}

func (r *reader) tableOf(name string, change func(*Provenance)) {
	of := r.price.tables[name]
	change(&of)
	r.price.tables[name] = of
}

// value takes the value that stands at path.
func (r *reader) value(path []string, n *unstable.Node) {
	if n.Kind == unstable.InlineTable {
		r.table(path)
		for i := n.Children(); i.Next(); {
			r.value(append(slices.Clone(path), words(i.Node().Key())...), i.Node().Value())
		}
		return
	}
	name := strings.Join(path, ".")
	switch {
	case path[0] == rangeTable:
		if k := Key(strings.Join(path[1:], ".")); slices.Contains(Keys(), k) {
			r.rangeOf(k, n)
			return
		}
	case slices.Contains(Keys(), Key(name)):
		r.figure(Key(name), n)
		return
	case len(path) == 1 && slices.Contains([]string{"name", "currency", "source", "date"}, name):
		r.text(name, n)
		return
	case len(path) == 1 && slices.Contains(tables(), name):
		r.refuse("%s is a table", name)
		return
	case len(path) == 2 && slices.Contains(tables(), path[0]) && (path[1] == "source" || path[1] == "date"):
		r.tableOf(path[0], func(of *Provenance) { r.provenance(path[1], n, of) })
		return
	}
	known := []string{"name", "currency", "source", "date"}
	for _, k := range Keys() {
		known = append(known, string(k))
	}
	if path[0] == rangeTable {
		for i, k := range known {
			known[i] = rangeTable + "." + k
		}
		known = known[4:]
	}
	r.unknown("key", name, known)
}

func (r *reader) figure(k Key, n *unstable.Node) {
	r.tableOf(k.Table(), func(*Provenance) {})
	r.price.figures[k] = r.number(k, n)
}

// number is the value of n, which has to suit k.
func (r *reader) number(k Key, n *unstable.Node) *big.Rat {
	if n.Kind != unstable.Integer && n.Kind != unstable.Float {
		r.refuse("%s is not a number", k)
		return new(big.Rat)
	}
	x, err := ParseNumber(string(n.Data))
	if err == nil {
		err = k.Check(x)
	}
	if err != nil {
		r.refuse("%s = %s: %w", k, n.Data, err)
	}
	return x
}

func (r *reader) rangeOf(k Key, n *unstable.Node) {
	var ends []*big.Rat
	if n.Kind == unstable.Array {
		for i := n.Children(); i.Next(); {
			ends = append(ends, r.number(k, i.Node()))
		}
	}
	if len(ends) != 2 {
		r.refuse("%s.%s is not a list of two numbers, from where to where", rangeTable, k)
		return
	}
	r.price.ranges[k] = Range{ends[0], ends[1]}
}

func (r *reader) text(name string, n *unstable.Node) {
	switch name {
	case "name", "currency":
		if n.Kind != unstable.String || len(n.Data) == 0 {
			r.refuse("%s is not a text in quotes", name)
			return
		}
		if name == "name" {
			r.price.Name = string(n.Data)
			return
		}
		r.price.Currency = string(n.Data)
		if !slices.Contains(currencies(), r.price.Currency) {
			r.unknown("currency", r.price.Currency, currencies())
		}
	default:
		r.provenance(name, n, &r.price.Provenance)
	}
}

func (r *reader) provenance(name string, n *unstable.Node, of *Provenance) {
	text := string(n.Data)
	if name == "source" {
		if n.Kind != unstable.String {
			r.refuse("%s is not a text in quotes", name)
		}
		of.Source = text
		return
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil || n.Kind != unstable.String && n.Kind != unstable.LocalDate {
		r.refuse("date %q is not YYYY-MM-DD", text)
	}
	of.Date = text
}

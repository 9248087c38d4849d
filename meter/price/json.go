package price

import (
	"bytes"
	"encoding/json"
)

// MarshalJSON writes the price as its file has it, figures as exact decimals, with the source and
// date of each table, and ranges in a table "range" by key.
func (p *Price) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	object := newObject(&b)
	object.add("name", p.Name)
	object.add("currency", p.Currency)
	object.add("source", p.Source)
	object.add("date", p.Date)
	object.add("preset", p.Preset)
	object.add("example", p.Example())
	for _, table := range tables() {
		if !p.HasTable(table) {
			continue
		}
		var t bytes.Buffer
		within := newObject(&t)
		for _, k := range Keys() {
			if k.Table() == table && p.Has(k) {
				within.add(k.Name(), json.Number(Decimal(p.At(k))))
			}
		}
		of := p.Of(table)
		within.add("source", of.Source)
		within.add("date", of.Date)
		within.end()
		object.add(table, json.RawMessage(t.Bytes()))
	}
	ranges := map[Key][2]json.Number{}
	for _, k := range p.Ranges() {
		ranges[k] = [2]json.Number{json.Number(Decimal(p.ranges[k].Low)), json.Number(Decimal(p.ranges[k].High))}
	}
	if len(ranges) > 0 {
		object.add(rangeTable, ranges)
	}
	object.end()
	return b.Bytes(), object.err
}

// An object is a JSON object whose members stand in the order in which they are added.
type object struct {
	to  *bytes.Buffer
	err error
}

func newObject(to *bytes.Buffer) *object {
	to.WriteByte('{')
	return &object{to: to}
}

func (o *object) add(name string, v any) {
	if o.to.Len() > 1 {
		o.to.WriteByte(',')
	}
	for i, v := range []any{name, v} {
		text, err := json.Marshal(v)
		if err != nil && o.err == nil {
			o.err = err
		}
		if i == 1 {
			o.to.WriteByte(':')
		}
		o.to.Write(text)
	}
}

func (o *object) end() { o.to.WriteByte('}') }

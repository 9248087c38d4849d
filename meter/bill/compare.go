package bill

import "fmt"

// compare works out the same load at another price; b is the bill that it is set beside.
func (s settled) compare(o Other, b bill) (c Comparison, err error) {
	t, err := s.other(o)
	if err != nil {
		return c, err
	}
	in, bill := t.in, t.in.bill()
	return Comparison{Price: t.Price, Throughput: t.throughput(), Machines: bill.machines.Num().Int64(), Utilization: float(bill.utilization),
		Day: bill.states(t.Price, t.source()), PerUnit: in.perUnit(bill.total()), Usage: in.perUnit(sub(bill.total(), bill.idle())),
		Difference: NewAmount(sub(bill.total(), b.total()))}, nil
}

// other is the query at another price, and with what was measured there.
func (s settled) other(o Other) (settled, error) {
	q, p := s.Query, o.Price
	if p.Currency != q.Price.Currency {
		return s, fmt.Errorf("%s is in %s and %s in %s: no rate of exchange is known here", q.Price.Name, q.Price.Currency, p.Name, p.Currency)
	}
	if o.Measured != nil {
		if o.Measured.Model != q.Model {
			return s, fmt.Errorf("%s was measured with the model %q, and %s with %q", q.Price.Name, q.Model, p.Name, o.Measured.Model)
		}
		q.Measured = *o.Measured
	}
	q.Price = p
	t, _, err := q.choose()
	return t, err
}

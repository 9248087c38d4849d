package bill

import (
	"fmt"

	"github.com/gptmeter/gptmeter/meter/price"
)

// compare works out the same load at another price; b is the bill that it is set beside.
func (s settled) compare(p *price.Price, b bill) (c Comparison, err error) {
	in, err := s.at(p)
	if err != nil {
		return c, err
	}
	other := in.bill()
	return Comparison{Price: p, Machines: other.machines.Num().Int64(), Utilization: float(other.utilization), Day: other.states(p),
		PerUnit: in.perUnit(other.total()), Usage: in.perUnit(sub(other.total(), other.idle())),
		Difference: NewAmount(sub(other.total(), b.total()))}, nil
}

// at is the input at another price, of whose machines the throughput is then.
func (s settled) at(p *price.Price) (in Input, err error) {
	if p.Currency != s.Price.Currency {
		return in, fmt.Errorf("%s is in %s and %s in %s: no rate of exchange is known here", s.Price.Name, s.Price.Currency, p.Name, p.Currency)
	}
	if s.scale, err = s.scaleTo(p); err != nil {
		return in, err
	}
	in = s.in
	in.Price, in.Rates = p, s.rates(s.decode)
	return in, in.Check()
}

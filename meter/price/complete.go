package price

import (
	"fmt"
	"math/big"
)

// complete checks what figures mean together, and fills in what the file leaves to be assumed.
func (p *Price) complete(place string) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s: %w", place, fmt.Errorf(format, args...))
	}
	if p.HasTable(Rent) {
		for _, owned := range []string{Hardware, Electricity} {
			if p.HasTable(owned) {
				return refuse("[rent] together with [%s]: a machine is rented or owned, and rent includes its electricity", owned)
			}
		}
		if p.Has(ShareOfCapital) {
			return refuse("[rent] together with %s: what is rented is not purchased", ShareOfCapital)
		}
		if !p.Has(PerHour) {
			return refuse("[rent] needs %s", PerHour.Name())
		}
	}
	if p.HasTable(Hardware) {
		for _, k := range []Key{Purchase, LifeYears} {
			if !p.Has(k) {
				return refuse("[hardware] needs %s", k.Name())
			}
		}
		if p.At(Residual).Cmp(p.At(Purchase)) > 0 {
			return refuse("the residual of %s is more than the purchase of %s", Decimal(p.At(Residual)), Decimal(p.At(Purchase)))
		}
	}
	for _, k := range p.Ranges() {
		r := p.ranges[k]
		if !p.Has(k) {
			return refuse("range.%s: there is no %s", k, k)
		}
		if x := p.At(k); r.Low.Cmp(x) > 0 || r.High.Cmp(x) < 0 {
			return refuse("range.%s = [%s, %s] does not hold the %s itself", k, Decimal(r.Low), Decimal(r.High), Decimal(x))
		}
	}
	if len(p.figures) == 0 {
		return refuse("it has no figures: a [hardware] or [rent], to begin with")
	}
	if !p.HasTable(Hardware) && !p.HasTable(Rent) {
		p.assumed = append(p.assumed, p.Name+" has neither hardware nor rent: its machines cost nothing")
	}
	if p.Currency == "" {
		p.Currency = "USD"
		p.assumed = append(p.assumed, p.Name+" names no currency: USD is assumed")
	}
	if p.HasTable(Electricity) && !p.Has(PUE) {
		p.figures[PUE] = big.NewRat(1, 1)
		p.assumed = append(p.assumed, p.Name+" has no electricity.pue: 1 is assumed, nothing for cooling")
	}
	return nil
}

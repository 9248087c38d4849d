package bill

import (
	"fmt"
	"math/big"

	"github.com/gptmeter/gptmeter/meter/price"
)

// A CoresError is the error for a price of machines with another number of cores than were measured.
type CoresError struct {
	Price           string
	Cores, Measured string
}

func (e *CoresError) Error() string {
	return fmt.Sprintf("%s is the price of machines with %s cores, and one with %s was measured", e.Price, e.Cores, e.Measured)
}

// CheckCores is a *CoresError where a machine with so many cores, still to be measured, would not do.
func (q Query) CheckCores(cores int) error {
	q.Machine.Cores = cores
	for _, o := range append([]Other{{Price: q.Price}}, q.Compare...) {
		if o.Measured != nil {
			continue
		}
		if _, err := q.scaleTo(o.Price); err != nil {
			return err
		}
	}
	return nil
}

// scaleTo is what rates are multiplied by for a machine of that price: the ratio of cores, as far as
// that is wanted.
func (q Query) scaleTo(p *price.Price) (*big.Rat, error) {
	cores := p.At(price.Cores)
	measured := whole(int64(q.Machine.Cores))
	if !p.Has(price.Cores) || measured.Sign() == 0 || cores.Cmp(measured) == 0 || q.As != nil && q.As.Peak != nil {
		return one, nil
	}
	if !q.ScaleThroughput {
		return nil, &CoresError{p.Name, price.Decimal(cores), price.Decimal(measured)}
	}
	return quo(cores, measured), nil
}

package bill

import (
	"math/big"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/price"
)

// Lines of a bill, in the order in which they stand.
const (
	hardwareLine = iota
	electricityLine
	licencesLine
	dataCentreLine
	lines
)

var lineNames = [lines]string{price.Hardware, price.Electricity, price.SoftwareLicences, price.DataCentre}

// A line is what stands on one, exactly.
type line struct{ amount, idle *big.Rat }

// A bill is a day's.
type bill struct {
	machines, utilization *big.Rat
	lines                 [lines]line
}

func (b bill) total() *big.Rat { return b.sum(func(l line) *big.Rat { return l.amount }) }
func (b bill) idle() *big.Rat  { return b.sum(func(l line) *big.Rat { return l.idle }) }

func (b bill) sum(of func(line) *big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, l := range b.lines {
		sum.Add(sum, of(l))
	}
	return sum
}

// bill works out the day.
func (in Input) bill() bill {
	b := bill{machines: in.machines(), utilization: in.utilization()}
	idle := sub(one, b.utilization)
	each := in.standing()
	for i, amount := range each {
		all := mul(b.machines, amount)
		b.lines[i] = line{all, mul(all, idle)}
	}
	// Electricity = machines × (busy × utilization + idle × (1 − utilization)) × 24 h × price of a kWh × PUE / 1000.
	energy := mul(b.machines, in.wattDay())
	busyWatts, idleWatts := mul(in.Price.At(price.BusyWatts), b.utilization), mul(in.Price.At(price.IdleWatts), idle)
	b.lines[electricityLine] = line{mul(energy, add(busyWatts, idleWatts)), mul(energy, idleWatts)}
	return b
}

// standing is what one machine costs a day whether it works or not, line by line.
func (in Input) standing() (each [lines]*big.Rat) {
	p := in.Price
	for i := range each {
		each[i] = new(big.Rat)
	}
	// (purchase − residual) / (life × 365), or the rent of 24 hours
	if p.HasTable(price.Hardware) {
		each[hardwareLine] = quo(sub(p.At(price.Purchase), p.At(price.Residual)), mul(p.At(price.LifeYears), whole(daysAYear)))
	}
	if p.HasTable(price.Rent) {
		each[hardwareLine] = mul(p.At(price.PerHour), whole(24))
	}
	perYear := add(p.At(price.PerMachineYear), mul(p.At(price.PerCoreYear), in.cores()))
	each[licencesLine] = quo(perYear, whole(daysAYear))
	perYear = add(mul(p.At(price.PerMonth), whole(monthsAYear)), mul(p.At(price.ShareOfCapital), p.At(price.Purchase)))
	each[dataCentreLine] = quo(perYear, whole(daysAYear))
	return each
}

// wattDay is what a watt costs a day at the socket: 24 h × price of a kWh × PUE / 1000.
func (in Input) wattDay() *big.Rat {
	return quo(mul(whole(24), in.Price.At(price.PerKWh), in.Price.At(price.PUE)), whole(1000))
}

// machineSecond is what a second of work costs: (hardware + licences + data centre of a machine's
// day) / 86400 + busy watts × price of a kWh × PUE / 3.6e6.
func (in Input) machineSecond() *big.Rat {
	each := in.standing()
	perDay := add(each[:]...)
	return quo(add(perDay, mul(in.wattDay(), in.Price.At(price.BusyWatts))), whole(day))
}

// idleSecond is what a second costs in which a machine waits: as machineSecond, with the idle watts.
func (in Input) idleSecond() *big.Rat {
	each := in.standing()
	return quo(add(add(each[:]...), mul(in.wattDay(), in.Price.At(price.IdleWatts))), whole(day))
}

// Rate is what seconds of a machine of that price cost. Cores are those of this machine: a price
// that does not say has as many, and by one that says others all is an estimate.
func Rate(p *price.Price, cores int) (*meter.Rate, error) {
	in := Input{Price: p, Cores: int64(cores), Demand: Demand{Utilization: one}}
	if err := in.Check(); err != nil {
		return nil, err
	}
	r := &meter.Rate{Price: p.Name, Currency: p.Currency, Busy: in.machineSecond(), Idle: in.idleSecond(), Source: meter.Configured}
	if in.cores().Cmp(whole(in.Cores)) != 0 {
		r.Source = meter.Estimated
	}
	return r, nil
}

// states is the bill for an Answer. What a throughput says of how many machines there are has its source.
func (b bill) states(p *price.Price, throughput meter.Source) Day {
	d := Day{Total: NewAmount(b.total()), IdleAmount: NewAmount(b.idle())}
	source := meter.Configured
	if throughput == meter.Estimated {
		source = meter.Estimated
	}
	for i, l := range b.lines {
		d.Lines = append(d.Lines, Line{Name: lineNames[i], Amount: NewAmount(l.amount), IdleAmount: NewAmount(l.idle),
			Source: source, Of: p.Of(lineTable(p, i))})
	}
	return d
}

// lineTable is the table of the price that a line is of.
func lineTable(p *price.Price, i int) string {
	if i == hardwareLine && p.HasTable(price.Rent) {
		return price.Rent
	}
	return lineNames[i]
}

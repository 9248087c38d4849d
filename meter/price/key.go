package price

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// A Key names a figure as a file does: its table, a dot, its key.
type Key string

// The figures. All are of one machine.
const (
	Cores          Key = "machine.cores"
	Purchase       Key = "hardware.purchase"
	LifeYears      Key = "hardware.life_years"
	Residual       Key = "hardware.residual"
	PerHour        Key = "rent.per_hour"
	IdleWatts      Key = "electricity.idle_watts"
	BusyWatts      Key = "electricity.busy_watts"
	PerKWh         Key = "electricity.per_kwh"
	PUE            Key = "electricity.pue"
	PerMachineYear Key = "software_licences.per_machine_year"
	PerCoreYear    Key = "software_licences.per_core_year"
	PerMonth       Key = "data_centre.per_machine_month"
	ShareOfCapital Key = "data_centre.share_of_purchase_year"
	Headroom       Key = "scale.headroom"
	SpareMachines  Key = "scale.spare_machines"
)

// The tables of a file.
const (
	Hardware         = "hardware"
	Rent             = "rent"
	Electricity      = "electricity"
	SoftwareLicences = "software_licences"
	DataCentre       = "data_centre"
)

// money as a unit stands for the price's currency.
const money = "¤"

// A kind is what figures of a key may be.
type kind struct {
	key   Key
	unit  string
	least int64
	above bool // least itself is none
	whole bool
}

var kinds = []kind{
	{key: Cores, unit: "cores", least: 1, whole: true},
	{key: Purchase, unit: money},
	{key: LifeYears, unit: "years", above: true},
	{key: Residual, unit: money},
	{key: PerHour, unit: money + "/h"},
	{key: IdleWatts, unit: "W"},
	{key: BusyWatts, unit: "W"},
	{key: PerKWh, unit: money + "/kWh"},
	{key: PUE, unit: "1", least: 1},
	{key: PerMachineYear, unit: money + "/year"},
	{key: PerCoreYear, unit: money + "/year"},
	{key: PerMonth, unit: money + "/month"},
	{key: ShareOfCapital, unit: "1/year"},
	{key: Headroom, unit: "1"},
	{key: SpareMachines, unit: "machines", whole: true},
}

// Keys lists the figures that there can be, in the order in which they are shown.
func Keys() (keys []Key) {
	for _, k := range kinds {
		keys = append(keys, k.key)
	}
	return keys
}

// Table is the table that the figure stands in.
func (k Key) Table() string {
	table, _, _ := strings.Cut(string(k), ".")
	return table
}

// Name is the figure's name within its table.
func (k Key) Name() string {
	_, name, _ := strings.Cut(string(k), ".")
	return name
}

// Whole tells whether figures of the key are whole numbers.
func (k Key) Whole() bool { return k.kind().whole }

// Unit is the figure's unit in a price of that currency: "USD/kWh"; "1" is a plain number.
func (k Key) Unit(currency string) string {
	return strings.ReplaceAll(k.kind().unit, money, currency)
}

func (k Key) kind() kind {
	return kinds[slices.IndexFunc(kinds, func(i kind) bool { return i.key == k })]
}

// Check tells why x is no figure of that key.
func (k Key) Check(x *big.Rat) error {
	i := k.kind()
	least := big.NewRat(i.least, 1)
	switch {
	case i.above && x.Cmp(least) <= 0:
		return fmt.Errorf("not above %d", i.least)
	case x.Cmp(least) < 0:
		return fmt.Errorf("less than %d", i.least)
	case i.whole && !x.IsInt():
		return fmt.Errorf("not a whole number")
	}
	return nil
}

// tables lists the tables that there can be, in order.
func tables() (names []string) {
	for _, k := range kinds {
		if t := k.key.Table(); !slices.Contains(names, t) {
			names = append(names, t)
		}
	}
	return names
}

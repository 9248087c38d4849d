package bill_test

import (
	"fmt"
	"log"
	"math/big"

	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
)

// A query sets a load beside what a machine was measured to do and what it costs.
func ExampleQuery() {
	p, err := price.Parse("mine", []byte(`
		currency = "USD"
		[rent]
		per_hour = 0.40
		[software_licences]
		per_machine_year = 730`))
	if err != nil {
		log.Fatal(err)
	}
	flat, err := bill.ParseCurve(bill.Flat)
	if err != nil {
		log.Fatal(err)
	}
	q := bill.Query{
		Price: p, Curve: flat,
		Requests: big.NewRat(100_000, 1), Lengths: []bill.Length{{PromptTokens: 200, CompletionTokens: 100, Count: 1}},
		Measured: bill.Measured{Tests: []bill.Test{
			{Choice: bill.Choice{Test: "pp512", DType: "f32", Batch: 1, Threads: 2, TokensPerSecond: 1000}, Phase: "prefill", Tokens: 512},
			{Choice: bill.Choice{Test: "tg128", DType: "f32", Batch: 32, Threads: 2, TokensPerSecond: 500}, Phase: "decode", Tokens: 128},
		}},
	}
	a, err := q.Answer()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d machine, %.0f %% busy\n", a.Machines, 100*a.Utilization)
	for _, l := range a.Day.Lines {
		fmt.Printf("%-17s %5s, of it idle %5s\n", l.Name, l.Amount.FloatString(2), l.IdleAmount.FloatString(2))
	}
	// Output:
	// 1 machine, 46 % busy
	// hardware           9.60, of it idle  5.16
	// electricity        0.00, of it idle  0.00
	// software_licences  2.00, of it idle  1.07
	// data_centre        0.00, of it idle  0.00
}

package meter_test

import (
	"fmt"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/tensor"
)

// An engine books on a request's account what each step did for it.
func Example() {
	var work tensor.Work // as tensor.Exec hands it out
	work[tensor.Linear] = tensor.OperatorWork{Calls: 16, Wall: 20 * time.Millisecond,
		Count: tensor.Count{Products: 28_000_000, Elementwise: 12_000, Read: 7_000_000, Written: 90_000}}

	account := meter.NewAccount(0, 1)
	account.Add(meter.Prefill, 4, []tensor.Work{work}, 5*time.Millisecond, meter.Step{End: 25 * time.Millisecond, Read: 7_000_000})
	account.Token(0, 25*time.Millisecond)
	account.Finish(25 * time.Millisecond)

	report := account.Report(meter.Setting{Kernel: "pure", DType: tensor.F32, Threads: 1})
	fmt.Println(report.Prefill.Flops, "FLOPs at", *report.Prefill.FlopsPerSecond, "a second")
	fmt.Println(report.MachineSeconds, "s of the machine,", report.OtherSeconds, "of them outside operators")
	fmt.Println("energy:", report.Energy.Source)
	// Output:
	// 28012000 FLOPs at 1.4006e+09 a second
	// 0.025 s of the machine, 0.005 of them outside operators
	// energy: unmeasured
}

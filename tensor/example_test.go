package tensor_test

import (
	"fmt"

	"github.com/gptmeter/gptmeter/tensor"
)

// A linear layer of three inputs and two outputs, on rows of two parties, and what each has caused.
func Example() {
	pool := tensor.NewPool(2)
	defer pool.Close()
	x, err := tensor.NewExec(pool, "auto")
	if err != nil {
		fmt.Println(err)
		return
	}
	w := x.Pack(elements{
		1, 0, -1,
		2, 2, 2,
	}, tensor.OutputMajor, 2, 3, tensor.F32) // (2, 3)
	in := tensor.Tensor{Rows: 3, Cols: 3, Data: []float32{
		1, 2, 3,
		4, 5, 6,
		7, 8, 10,
	}}
	out := tensor.New(3, 2)

	x.Divide([]int{1, 3}) // the first row is one party's, the next two another's
	x.Linear(out, in, w, []float32{100, 0})

	fmt.Println(out.Data)
	fmt.Println(x.Work()[tensor.Linear].Products, "operations")
	for i, part := range x.Settle(nil) {
		fmt.Println("party", i, "caused", part[tensor.Linear].Products)
	}
	// Output:
	// [98 12 98 30 97 50]
	// 36 operations
	// party 0 caused 12
	// party 1 caused 24
}

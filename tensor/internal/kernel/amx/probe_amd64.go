//go:build linux && !purego

package amx

// ProbeDot is, with ProbeSums sums and 64 elements of x and of y,
//
//	for range n {
//		for i := range sums {
//			for j := range 64 {
//				sums[i] += int32(x[j]) * int32(y[4*(i%16)+j%4])
//				operations += 2
//			}
//		}
//	}
func ProbeDot(sums []int32, x []uint8, y []int8, n int) (operations int64) {
	_, _, _ = sums[ProbeSums-1], x[Inputs-1], y[Inputs-1]
	return probeDot(&sums[0], &x[0], &y[0], n, &shapes[blockRows][0])
}

// ProbeSums is the sums of four tiles.
const ProbeSums = 4 * tileRows * 16

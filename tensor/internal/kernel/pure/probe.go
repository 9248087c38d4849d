package pure

// ProbeLanes is the number of sums, and of elements of x and y, in ProbeFMA: as many sums and
// products as stay in 15 registers.
const ProbeLanes = 6

// ProbeFMA is, for ProbeLanes sums,
//
//	for range n {
//		for i := range sums {
//			sums[i] += x[i] * y[i]
//			operations += 2
//		}
//	}
//
// with the product rounded, as in Tile.
func ProbeFMA(sums, x, y []float32, n int) (operations int64) {
	s, a, b := (*[ProbeLanes]float32)(sums), (*[ProbeLanes]float32)(x), (*[ProbeLanes]float32)(y)
	s0, s1, s2, s3, s4, s5 := s[0], s[1], s[2], s[3], s[4], s[5]
	for range n {
		s0 = float32(a[0]*b[0]) + s0
		s1 = float32(a[1]*b[1]) + s1
		s2 = float32(a[2]*b[2]) + s2
		s3 = float32(a[3]*b[3]) + s3
		s4 = float32(a[4]*b[4]) + s4
		s5 = float32(a[5]*b[5]) + s5
		operations += 2 * ProbeLanes
		a, b = b, a // the same products, but none that a compiler may take out of the loop
	}
	*s = [ProbeLanes]float32{s0, s1, s2, s3, s4, s5}
	return operations
}

// ProbeDotLanes is the number of elements of x and y in ProbeDot, four to a sum.
const ProbeDotLanes = 64

// ProbeDot is, for ProbeDotLanes/4 sums,
//
//	for range n {
//		for i := range sums {
//			for j := 4 * i; j < 4*i+4; j++ {
//				sums[i] += int32(x[j]) * int32(y[j])
//				operations += 2
//			}
//		}
//	}
func ProbeDot(sums []int32, x []uint8, y []int8, n int) (operations int64) {
	s, a, b := (*[ProbeDotLanes / 4]int32)(sums), (*[ProbeDotLanes]uint8)(x), (*[ProbeDotLanes]int8)(y)
	for range n {
		for i := range s {
			p, q := a[4*i:4*i+4:4*i+4], b[4*i:4*i+4:4*i+4]
			s[i] += int32(p[0])*int32(q[0]) + int32(p[1])*int32(q[1]) + int32(p[2])*int32(q[2]) + int32(p[3])*int32(q[3])
			operations += 8
		}
	}
	return operations
}

// ProbeRead is, for as many words as fill whole trips of four,
//
//	for _, word := range words {
//		sum += word
//		bytes += 8
//	}
func ProbeRead(words []uint64) (sum uint64, bytes int64) {
	var s0, s1, s2, s3 uint64
	for ; len(words) >= 4; words = words[4:] {
		s0 += words[0]
		s1 += words[1]
		s2 += words[2]
		s3 += words[3]
		bytes += 32
	}
	return s0 + s1 + s2 + s3, bytes
}

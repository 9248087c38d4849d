package pure

// Tile is
//
//	for i := range rows {
//		for j := range cols {
//			var s float32
//			if add {
//				s = out[i*ldo+j]
//			}
//			for p := range k {
//				s += a[i*lda+p] * b[p*ldb+j]
//			}
//			if bias != nil {
//				s += bias[j]
//			}
//			out[i*ldo+j] = s
//		}
//	}
//
// Each sum runs along k in order, however many rows and columns there are. Memory that is wanted
// next, which other machines fetch ahead, is left alone.
func Tile(out []float32, ldo int, a []float32, lda int, b []float32, ldb int, k, rows, cols int, add bool, bias []float32, _ []byte) {
	multiply(out, ldo, a, lda, b, ldb, k, rows, cols, add)
	if bias != nil {
		for i := range rows {
			addRow(out[i*ldo:][:cols], bias)
		}
	}
}

// multiply is Tile without a bias.
func multiply(out []float32, ldo int, a []float32, lda int, b []float32, ldb int, k, rows, cols int, add bool) {
	i := 0
	for ; i+2 <= rows; i += 2 {
		j := 0
		for ; j+4 <= cols; j += 4 {
			tile2x4(out[i*ldo+j:], ldo, a[i*lda:], lda, b[j:], ldb, k, add)
		}
		for ; j < cols; j++ {
			tile1x1(out[i*ldo+j:], a[i*lda:], b[j:], ldb, k, add)
			tile1x1(out[(i+1)*ldo+j:], a[(i+1)*lda:], b[j:], ldb, k, add)
		}
	}
	if i == rows {
		return
	}
	j := 0
	for ; j+8 <= cols; j += 8 {
		tile1x8(out[i*ldo+j:], a[i*lda:], b[j:], ldb, k, add)
	}
	for ; j < cols; j++ {
		tile1x1(out[i*ldo+j:], a[i*lda:], b[j:], ldb, k, add)
	}
}

// tile2x4 is Tile for two rows of four columns: eight sums in registers.
func tile2x4(out []float32, ldo int, a []float32, lda int, b []float32, ldb int, k int, add bool) {
	var s00, s01, s02, s03, s10, s11, s12, s13 float32
	o0, o1 := out[0:4:4], out[ldo:ldo+4:ldo+4]
	if add {
		s00, s01, s02, s03 = o0[0], o0[1], o0[2], o0[3]
		s10, s11, s12, s13 = o1[0], o1[1], o1[2], o1[3]
	}
	a0, a1 := a[:k:k], a[lda:lda+k:lda+k]
	for p, x := range a0 {
		y := a1[p]
		c := b[p*ldb : p*ldb+4 : p*ldb+4]
		s00 = float32(x*c[0]) + s00
		s01 = float32(x*c[1]) + s01
		s02 = float32(x*c[2]) + s02
		s03 = float32(x*c[3]) + s03
		s10 = float32(y*c[0]) + s10
		s11 = float32(y*c[1]) + s11
		s12 = float32(y*c[2]) + s12
		s13 = float32(y*c[3]) + s13
	}
	o0[0], o0[1], o0[2], o0[3] = s00, s01, s02, s03
	o1[0], o1[1], o1[2], o1[3] = s10, s11, s12, s13
}

// tile1x8 is Tile for one row of eight columns.
func tile1x8(out []float32, a []float32, b []float32, ldb int, k int, add bool) {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	o := out[:8:8]
	if add {
		s0, s1, s2, s3, s4, s5, s6, s7 = o[0], o[1], o[2], o[3], o[4], o[5], o[6], o[7]
	}
	for p, x := range a[:k] {
		c := b[p*ldb : p*ldb+8 : p*ldb+8]
		s0 = float32(x*c[0]) + s0
		s1 = float32(x*c[1]) + s1
		s2 = float32(x*c[2]) + s2
		s3 = float32(x*c[3]) + s3
		s4 = float32(x*c[4]) + s4
		s5 = float32(x*c[5]) + s5
		s6 = float32(x*c[6]) + s6
		s7 = float32(x*c[7]) + s7
	}
	o[0], o[1], o[2], o[3], o[4], o[5], o[6], o[7] = s0, s1, s2, s3, s4, s5, s6, s7
}

// tile1x1 is Tile for one element.
func tile1x1(out []float32, a []float32, b []float32, ldb int, k int, add bool) {
	var s float32
	if add {
		s = out[0]
	}
	for p, x := range a[:k] {
		s = float32(x*b[p*ldb]) + s
	}
	out[0] = s
}

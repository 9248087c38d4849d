package tensor

// Maxima sets out[i] to the largest number of run i of row, which is cut into runs of so many
// elements, and tells whether all of row are finite; where they are not, out is of no use.
// Comparisons are no arithmetic, so nothing is counted, and it is no operator.
func (x *Exec) Maxima(out, row []float32, run int) (finite bool) {
	if run < 1 || len(out) != (len(row)+run-1)/run {
		panic(badShape)
	}
	for i := range out {
		out[i] = x.backend.Max(row[i*run : min((i+1)*run, len(row))])
	}
	return x.backend.Residue(row) == 0
}

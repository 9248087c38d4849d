package tensor

// Elements is one tensor as whoever keeps it holds it (a mapped file, a random generator),
// read as float32 whatever its own number format is.
type Elements interface {
	// Read fills dst with the elements at, at+1, … of the tensor in row-major order.
	// The caller stays inside the shape that it asked for. Several goroutines may read at once.
	Read(dst []float32, at int)
	// Release says that the tensor has been read, so that the memory behind it (its pages of a
	// mapped file) may go. A later Read is still answered, if slower.
	Release()
}

// Transposed elements are those of a matrix that lies in its source as the transpose of what was
// asked for, so that reading along a row of the transpose is faster, and where numbers lie in
// blocks much faster.
type Transposed interface {
	Elements
	// Transpose is the matrix as it lies. Its elements must not be released apart from these.
	Transpose() Elements
}

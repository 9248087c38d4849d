// Package pure has the portable micro-kernels, in Go alone: the ones that run where no assembly
// does, and the ones that every other backend is tested against.
//
// They compute in float32 with separate multiplication and addition, written float32(x*y)+z,
// because the compiler may otherwise fuse the two on some processors and the last bit would
// depend on the machine. Functions alone round the two once, with FMA, which takes several times as
// long where it is no instruction: there are few of them beside the products.
package pure

// Package kernel has the loops of every operator, and what counts them.
//
// A loop calls micro-kernels (a Backend's) and adds, after each call and from that call's own
// trip counts, what the micro-kernel did to a Count. Nothing is computed from the operator's
// dimensions, so a tile that does not run is a tile that is not counted. The oracle in this
// package's tests runs the same operators as plain loops over a number that counts what is done
// with it; the two Counts must be equal.
//
// Bytes are those of each operand once a call, whatever the caches made of them: a weight panel
// with the call that uses it, an input row with the first panel. A gathered row counts each time.
//
// Matrices are row-major slices with a leading dimension: element (i, j) of x is x[i*ldx+j].
// A function takes the range of items (panels, rows, heads) that one worker shall do. The
// results and the Count do not depend on how the items are divided.
package kernel

// Package tensor computes: matrices of float32, weights packed for the processor, a pool of
// workers, and Exec, which has one method for each operator and counts what the operators do.
//
// It knows no model, no file and no money. A caller makes an Exec, packs weights through it, and
// calls operators; Work says at any time what has been done so far, and Divide what each of
// several parties that share the rows of an operand has caused.
//
// # Determinism
//
// Every element of a result is one sum in one fixed order, whatever the number of rows that are
// computed with it and whatever the number of workers, so the same operands give the same bits.
//
// # Errors
//
// Shapes that do not fit are programmer errors: an operator panics with one of the constants of
// this package before it has written anything.
package tensor

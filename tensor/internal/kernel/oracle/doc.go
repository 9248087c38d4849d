// Package oracle has every operator as plain loops over numbers that count what is done with
// them. Tests hold the kernels to it: the same bits, and the same Count to the unit.
//
// Nothing here knows about tiles, panels, blocks or workers, and nothing is counted by formula:
// a Number that is added counts one addition, an operand that is touched counts its bytes once.
package oracle

package model

import (
	"errors"
	"fmt"
)

// ErrFault is the error for weights that lie in a file and can no longer be read: it was cut, or
// its disk has failed.
var ErrFault = errors.New("weights cannot be read any more")

// catch makes a fault, which package debug has made a panic, an error, and lets any other panic go
// on. It is deferred.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case interface{ Addr() uintptr }: // as package runtime has it
		*err = fmt.Errorf("%w: at address %#x", ErrFault, r.Addr())
	default:
		panic(r)
	}
}

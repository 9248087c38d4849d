package weights

import "fmt"

// catch makes a fault, which package debug has made a panic, an error: what a mapped file's reader
// gets when it was cut. It lets any other panic go on, and is deferred.
func catch(name string, err *error) {
	switch r := recover().(type) {
	case nil:
	case interface{ Addr() uintptr }: // as package runtime has it
		*err = fmt.Errorf("%s: cannot be read any more, at address %#x", name, r.Addr())
	default:
		panic(r)
	}
}

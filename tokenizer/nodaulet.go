//go:build !daulet

package tokenizer

import (
	"errors"
	"io/fs"
)

func openDaulet(fs.FS) (Tokenizer, error) {
	return nil, errors.New(`tokenizer "daulet" is not in this binary: build with -tags daulet`)
}

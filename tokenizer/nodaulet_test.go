//go:build !daulet

package tokenizer

import (
	"os"
	"testing"
)

func TestOpenWithoutDaulet(t *testing.T) {
	const want = `tokenizer "daulet" is not in this binary: build with -tags daulet`
	if _, err := OpenWith("daulet", os.DirFS("testdata/tiny")); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Package filetest holds a reader of files to what files can do to it: odd ones, with a verdict that
// was recorded of another reader, and ones that are there to take memory.
package filetest

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/edsrzf/mmap-go"
)

var oddFilesTo = flag.String("odd-files", "", "write the odd files to this folder, for testdata/reference.py")

// Reader is the reader under test.
type Reader func(file []byte) error

// Check holds the verdict of read on an odd file to the one that is wanted, which is a part of the error, or
// empty where the file is accepted; and that to what other, a reader, was recorded to say in
// testdata/reference.tsv: the same, or stricter for a stated reason.
func (read Reader) Check(t *testing.T, other, name string, file []byte, want, stricter string) {
	t.Helper()
	if *oddFilesTo != "" {
		if err := os.WriteFile(filepath.Join(*oddFilesTo, name), file, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	err := read(file)
	switch {
	case want == "" && err != nil:
		t.Errorf("rejected: %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("error is %v, want one with %q", err, want)
	}
	reference, missing := os.ReadFile("testdata/reference.tsv")
	if missing != nil {
		t.Fatal(missing)
	}
	digest := fmt.Sprintf("%x", sha256.Sum256(file))[:16]
	_, after, ok := strings.Cut(string(reference), "\n"+name+"\t"+digest+"\t")
	if !ok {
		t.Fatal("testdata/reference.tsv has no record of this file: see testdata/reference.py")
	}
	recorded, _, _ := strings.Cut(after, "\t")
	ours := "accept"
	if err != nil {
		ours = "reject"
	}
	if differs := ours != recorded; differs != (stricter != "") || differs && ours == "accept" {
		t.Errorf("we %s, %s was recorded to %s, the table says %q", ours, other, recorded, stricter)
	}
}

// Memory gives a file to read, from where a mapped one lies, and reports an error where the heap grows by
// more than so many bytes. It returns what read does, whose error has to be one line and short.
func (read Reader) Memory(t *testing.T, most int64, file []byte) error {
	t.Helper()
	mapping, err := mmap.MapRegion(nil, len(file), mmap.RDWR, mmap.ANON, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer mapping.Unmap()
	copy(mapping, file) // the collector lets a larger heap grow further, so it is not to lie there
	return HeapGrowth(t, most, func() error { return read(mapping) })
}

// HeapGrowth is Memory of whatever do does.
func HeapGrowth(t *testing.T, most int64, do func() error) error {
	t.Helper()
	debug.FreeOSMemory()
	before := heapFootprint()
	err := do()
	if grown := heapFootprint() - before; grown > most {
		t.Errorf("the heap grew by %d bytes, more than %d", grown, most)
	} else {
		t.Logf("the heap grew by %d bytes", grown)
	}
	if err != nil && (len(err.Error()) > 1000 || strings.Contains(err.Error(), "\n")) {
		t.Errorf("error is %.1200v", err)
	}
	return err
}

// heapFootprint is the memory that the heap has from the system, which hardly shrinks unless told to.
func heapFootprint() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys - m.HeapReleased)
}

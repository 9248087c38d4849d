package torch

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/weights/filetest"
)

// TestEveryInstruction gives the machine each byte as an instruction, with things on the stack and
// without. Those that tensors do not need are refused by name.
func TestEveryInstruction(t *testing.T) {
	const allowed = "\x80.(N\x88\x89JKM\x8aGXU}])t\x85\x86\x87aesucRbqrhjQ"
	if len(allowed) != 32 {
		t.Fatalf("%d instructions are in the table", len(allowed))
	}
	for op := range 256 {
		for _, before := range []string{"", "N", "}K\x01K\x02", "](K\x01", ")q\x00", "((("} {
			_, err := Parse(saved(proto + before + string([]byte{byte(op)}) + "\x01\x00\x00\x00.\n.\n."))
			if err == nil {
				t.Errorf("%q after %q: no error, and no tensor", rune(op), before)
				continue
			}
			refused := strings.Contains(err.Error(), fmt.Sprintf("byte %d of the pickle: instruction %q is none that tensors need", len(proto+before)+1, rune(op)))
			if known := strings.Contains(allowed, string([]byte{byte(op)})); known == refused {
				t.Errorf("instruction %q after %q, which is known: %v: %v", rune(op), before, known, err)
			}
		}
	}
}

// TestTruncatedAnywhere cuts files that PyTorch has written.
func TestTruncatedAnywhere(t *testing.T) {
	for _, name := range []string{"zip.bin", "legacy.bin"} {
		file, err := os.ReadFile("../testdata/torch/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := Parse(file); err != nil || len(list) != 29 {
			t.Fatalf("%s: %d tensors: %v", name, len(list), err)
		}
		for n := 0; n < len(file); n += 1 + n/200 {
			if _, err := Parse(slices.Clone(file[:n])); err == nil {
				t.Errorf("%s: the first %d of %d bytes are accepted", name, n, len(file))
			}
		}
	}
}

var read filetest.Reader = func(file []byte) error {
	_, err := Parse(file)
	return err
}

// TestHostileMemory gives pickles and directories of as many things as one can have.
func TestHostileMemory(t *testing.T) {
	const most = 48 << 20
	fill := func(each string) string { return strings.Repeat(each, (maxPickleBytes-100)/len(each)) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < maxPickleBytes-2000; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	large := func(pickle string) []byte { return saved(proto + pickle) }
	for name, file := range map[string][]byte{
		"dictionaries":      large(fill("}")),
		"lists in a list":   large("](" + fill("]")),
		"tuples of tuples":  large(")" + fill("\x85")),
		"memo":              large("}" + fill("q\x00")),
		"memo far apart":    large("}" + fill("r\x00\x00\x00\x01r\x00\x00\x01\x00")),
		"marks":             large(fill("(")),
		"floats":            large(fill("G\x00\x00\x00\x00\x00\x00\x00\x00")),
		"long integers":     large(fill("\x8a\xff" + strings.Repeat("x", 255))),
		"one long text":     large("X\x00\x00\x70\x00" + fill("x")),
		"texts":             large(fill("U\xff" + strings.Repeat("x", 255))),
		"keys":              large("}(" + numbered("U\x08%08dN") + "u"),
		"ordered":           large(fill(emptyOrdered)),
		"tensors":           large("}(" + fill("U\x01a"+four)),
		"memo of tensors":   large(four + "q\x00" + fill("h\x00\x85")),
		"a longer pickle":   large(strings.Repeat("(", maxPickleBytes+1)),
		"legacy":            legacyOf(magicNumber, "M\xe9\x03", littleOne, proto+fill("}"), oneKey, sixteen),
		"legacy, no end":    legacyOf(magicNumber, "M\xe9\x03", littleOne, proto+strings.Repeat("N", 2*maxPickleBytes), oneKey, sixteen),
		"members":           manyMembers(40_000),
		"legacy, many keys": legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), "]("+fill(text("0"))+"e"),
	} {
		t.Run(name, func(t *testing.T) {
			if read.Memory(t, most, file) == nil {
				t.Error("accepted")
			}
		})
	}
}

// manyMembers is an archive of so many, whose directory is larger than 2 MiB.
func manyMembers(n int) []byte {
	members := []memberFile{stored("archive/data.pkl", with(four))}
	for i := range n {
		members = append(members, stored(fmt.Sprint("archive/data/", i), ""))
	}
	return archiveOf(members...)
}

// checkTensors: what is accepted lies in the file.
func checkTensors(t *testing.T, file []byte, list []*Tensor, err error) {
	if err != nil {
		if err.Error() == "" || strings.Contains(err.Error(), "\n") || len(list) > 0 {
			t.Fatalf("%d tensors and the error %q", len(list), err)
		}
		return
	}
	names := map[string]bool{}
	for _, tensor := range list {
		size, first, last := 0, tensor.Offset, tensor.Offset
		for _, s := range storageTypes {
			if s.dtype == tensor.DType {
				size = s.size
			}
		}
		empty := slices.Contains(tensor.Shape, 0)
		for i, n := range tensor.Shape {
			last += (n - 1) * tensor.Strides[i]
		}
		if tensor.Begin < 0 || tensor.End > len(file) || names[tensor.Name] || !empty && (last < first || tensor.Begin+(last+1)*size > tensor.End) {
			t.Fatalf("%+v in %d bytes", tensor, len(file))
		}
		names[tensor.Name] = true
		tensor.Contiguous()
	}
	if len(list) == 0 {
		t.Fatal("no tensor")
	}
}

// FuzzParse reads any bytes as a file.
func FuzzParse(f *testing.F) {
	for _, odd := range oddFiles {
		f.Add(odd.file)
	}
	for _, name := range []string{"zip.bin", "legacy.bin"} {
		file, err := os.ReadFile("../testdata/torch/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		before := bytes.Clone(file)
		list, err := Parse(file)
		if !bytes.Equal(before, file) {
			t.Fatal("the file was changed")
		}
		checkTensors(t, file, list, err)
	})
}

// FuzzPickle reads any bytes as the pickle of an archive that is as it should be: its checksum would
// keep FuzzParse from most of them.
func FuzzPickle(f *testing.F) {
	for _, odd := range oddFiles {
		if begin := bytes.Index(odd.file, []byte(proto)); begin >= 0 {
			if end := bytes.Index(odd.file[begin:], []byte("PK")); end >= 0 {
				f.Add(odd.file[begin:][:end])
			}
		}
	}
	f.Fuzz(func(t *testing.T, pickle []byte) {
		file := saved(string(pickle))
		list, err := Parse(file)
		checkTensors(t, file, list, err)
	})
}

package torch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// The functions here write pickles, instruction by instruction.

const proto = "\x80\x02"

func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// integer writes any number as a LONG1 of 8 bytes.
func integer(n int64) string {
	return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func integers(list ...int64) string {
	s := "("
	for _, n := range list {
		s += integer(n)
	}
	return s + "t"
}

func named(module, name string) string { return "c" + module + "\n" + name + "\n" }

var emptyOrdered = named("collections", "OrderedDict") + ")R"

// storageID is that of the storage key, of so many elements.
func storageID(class, key string, elements int64) string {
	return "(" + text("storage") + named("torch", class) + text(key) + text("cpu") + integer(elements) + "tQ"
}

// rebuilt is a tensor of a storage.
func rebuilt(storage, offset, shape, strides string) string {
	return named("torch._utils", "_rebuild_tensor_v2") + "(" + storage + offset + shape + strides + "\x89" + emptyOrdered + "tR"
}

// four is a tensor of shape (4) in storage 0, of four float32.
var four = rebuilt(storageID("FloatStorage", "0", 4), integer(0), integers(4), integers(1))

// state is the pickle of a dictionary.
func state(items ...string) string { return proto + "}(" + strings.Join(items, "") + "u." }

// with is the dictionary {"a": v}.
func with(v string) string { return state(text("a"), v) }

// shaped is {"a": v} where v has these sizes, strides and offset in storage 0 of four float32.
func shaped(offset, shape, strides string) string {
	return with(rebuilt(storageID("FloatStorage", "0", 4), offset, shape, strides))
}

// A memberFile is a member of an archive to write.
type memberFile struct {
	name, content string
	method        uint16
}

func stored(name, content string) memberFile { return memberFile{name, content, zip.Store} }

// archiveOf writes an archive as torch does: sizes before the data, no descriptor behind it.
func archiveOf(members ...memberFile) []byte {
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for _, m := range members {
		var err error
		if m.method == zip.Store {
			err = writeStored(z, m)
		} else if w, e := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: m.method}); e != nil {
			err = e
		} else {
			_, err = w.Write([]byte(m.content))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return file.Bytes()
}

func writeStored(z *zip.Writer, m memberFile) error {
	n := uint64(len(m.content))
	w, err := z.CreateRaw(&zip.FileHeader{Name: m.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(m.content)), UncompressedSize64: n, CompressedSize64: n})
	if err == nil {
		_, err = w.Write([]byte(m.content))
	}
	return err
}

// saved is an archive with that pickle, a storage 0 of 16 bytes, and more.
func saved(pickle string, more ...memberFile) []byte {
	members := []memberFile{stored("archive/data.pkl", pickle), stored("archive/data/0", strings.Repeat("\x00", 16)), stored("archive/version", "3\n")}
	return archiveOf(append(members, more...)...)
}

// legacyOf is a file of the older form.
func legacyOf(magic, version, machine, pickle, keys string, data ...string) []byte {
	return []byte(proto + magic + "." + proto + version + "." + proto + machine + "." + pickle + proto + keys + "." + strings.Join(data, ""))
}

var (
	magicNumber = "\x8a\x0a" + string(legacyMagic)
	littleOne   = "}(" + text("protocol_version") + "M\xe9\x03" + text("little_endian") + "\x88u"
	oneKey      = "](" + text("0") + "e"
	sixteen     = string(binary.LittleEndian.AppendUint64(nil, 4)) + strings.Repeat("\x00", 16)
)

// olderFour is four as the older form has it.
var olderFour = strings.Replace(four, integer(4)+"tQ", integer(4)+"NtQ", 1)

// changed is file with what stands n bytes before its end replaced.
func changed(file []byte, fromEnd int, by string) []byte {
	file = bytes.Clone(file)
	if n := copy(file[len(file)-fromEnd:], by); n != len(by) {
		panic(fmt.Sprint("it ends before: ", n))
	}
	return file
}

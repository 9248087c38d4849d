package gguf

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
)

// join is the little-endian bytes of its parts: numbers of their size, strings with their length
// before them, bytes as they are.
func join(parts ...any) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			binary.Write(&b, binary.LittleEndian, uint64(len(p)))
			b.WriteString(p)
		case []byte:
			b.Write(p)
		case int:
			binary.Write(&b, binary.LittleEndian, uint32(p))
		default:
			binary.Write(&b, binary.LittleEndian, p)
		}
	}
	return b.Bytes()
}

// head begins a file of version 3.
func head(tensors, pairs uint64) []byte { return join([]byte(magic), 3, tensors, pairs) }

// withData appends so many bytes of data after padding.
func withData(file []byte, n int) []byte {
	end, _ := pad(len(file), defaultAlignment)
	return append(file, make([]byte, end-len(file)+n)...)
}

// four is an entry for a tensor of four numbers, at offset 0.
func four(name string) []byte { return entry(name, F32, 0, 4) }

// entry is that of a tensor whose dimensions are in the order of the file.
func entry(name string, t Type, offset uint64, dims ...uint64) []byte {
	return join(name, len(dims), dims, uint32(t), offset)
}

// pairs is a file with those metadata and one tensor.
func pairs(n uint64, parts ...any) []byte {
	return withData(join(head(1, n), join(parts...), four("a")), 32)
}

// tensors is a file with those entries, without metadata.
func tensors(n uint64, dataBytes int, parts ...any) []byte {
	return withData(join(head(n, 0), join(parts...)), dataBytes)
}

type oddFile struct {
	name string
	file []byte
	want string // part of the error; empty where the file is accepted
	// stricter says why we reject what llama.cpp's reader accepts.
	stricter string
}

var oddFiles = []oddFile{
	{"plain", pairs(0), "", ""},
	{"empty", nil, "does not begin with GGUF", ""},
	{"magic-alone", []byte(magic), "the file ends early: version", ""},
	{"magic-lower-case", append([]byte("gguf"), pairs(0)[4:]...), "does not begin with GGUF", ""},
	{"ggml-of-2023", append([]byte("lmgg"), pairs(0)[4:]...), "does not begin with GGUF", ""},
	{"version-0", join([]byte(magic), 0, pairs(0)[8:]), "big-endian, or of no version", ""},
	{"version-1", join([]byte(magic), 1, pairs(0)[8:]), "version 1 is neither 2 nor 3", ""},
	{"version-2", join([]byte(magic), 2, pairs(0)[8:]), "", ""},
	{"version-4", join([]byte(magic), 4, pairs(0)[8:]), "version 4 is neither 2 nor 3", ""},
	{"big-endian", append([]byte("GGUF\x00\x00\x00\x03"), pairs(0)[8:]...), "it is big-endian", ""},
	{"counts-missing", pairs(0)[:8], "the file ends early: number of tensors", ""},
	{"pairs-missing", pairs(0)[:16], "the file ends early: number of pairs", ""},

	{"no-tensor", head(0, 0), "lists no tensor", "not a model"},
	{"tensors-32769", join(head(32769, 0), make([]byte, 64)), "32769 tensors are more than 32768", ""},
	{"tensors-beyond-file", join(head(100, 0), make([]byte, 64)), "100 tensors do not fit into the 64 bytes", ""},
	{"tensors-2^63", head(1<<63, 0), "9223372036854775808 tensors are more", ""},
	{"tensors-2^64-1", head(math.MaxUint64, 0), "18446744073709551615 tensors are more", ""},
	{"pairs-beyond-file", join(head(1, 100), make([]byte, 64)), "100 pairs of metadata do not fit", ""},
	{"pairs-8193", join(head(1, 8193), make([]byte, 64)), "8193 pairs of metadata are more than 8192", ""},
	{"pairs-2^63", join(head(1, 1<<63), make([]byte, 64)), "9223372036854775808 pairs of metadata are more", ""},
	{"pairs-2^60-of-16", join(head(1, 1<<60), make([]byte, 64)), "1152921504606846976 pairs of metadata are more", ""},

	{"key-empty", pairs(1, "", kindUint8, byte(1)), `pair 0: the key "" is no word`, ""},
	{"key-twice", pairs(2, "k", kindUint8, byte(1), "k", kindUint8, byte(1)), `metadata: the key "k" stands twice`, ""},
	{"key-twice-of-other-kinds", pairs(2, "k", kindUint8, byte(1), "k", kindText, "x"), `the key "k" stands twice`, ""},
	{"key-of-1024-bytes", pairs(1, strings.Repeat("k", 1024), kindUint8, byte(1)), "", ""},
	{"key-of-1025-bytes", pairs(1, strings.Repeat("k", 1025), kindUint8, byte(1)), "key at byte 32 has 1025 bytes, more than 1024", "our limit on memory"},
	{"key-of-2^40-bytes", pairs(1, uint64(1<<40), kindUint8), "more than 1024", ""},
	{"key-of-2^64-1-bytes", pairs(1, uint64(math.MaxUint64), kindUint8), "has 18446744073709551615 bytes", ""},
	{"key-beyond-file", join(head(1, 1), uint64(1000), make([]byte, 40)), "key of 1000 bytes at byte 32, and 40 are left", ""},
	{"key-with-space", pairs(1, "a b", kindUint8, byte(1)), `the key "a b" is no word of ASCII`, "keys are ASCII by the format"},
	{"key-with-nul", pairs(1, "a\x00b", kindUint8, byte(1)), `is no word of ASCII`, "keys are ASCII by the format"},
	{"key-not-utf8", pairs(1, "\xff", kindUint8, byte(1)), `is no word of ASCII`, "keys are ASCII by the format"},
	{"key-with-newline", pairs(1, "a\nb", kindUint8, byte(1)), `the key "a\nb" is no word of ASCII`, "keys are ASCII by the format"},

	{"scalars", pairs(11, "a", kindUint8, byte(1), "b", kindInt8, int8(-1), "c", kindUint16, uint16(1), "d", kindInt16, int16(-1),
		"e", kindUint32, uint32(1), "f", kindInt32, int32(-1), "g", kindFloat32, float32(1), "h", kindBool, byte(1),
		"i", kindUint64, uint64(1), "j", kindInt64, int64(-1), "k", kindFloat64, 1.5), "", ""},
	{"kind-13", pairs(1, "k", 13, uint64(0)), "metadata: k: type 13 is none that GGUF has", ""},
	{"kind-2^31", pairs(1, "k", 1<<31, uint64(0)), "type 2147483648 is none", ""},
	{"kind-2^32-1", pairs(1, "k", uint32(math.MaxUint32), uint64(0)), "type 4294967295 is none", ""},
	{"kind-missing", join(head(1, 1), "a-key-of-some-length", make([]byte, 2)), "the file ends early: type of a value", ""},
	{"scalar-cut", join(head(1, 1), "some-key", kindUint64, make([]byte, 4)), "the file ends early: uint64 of 8 bytes", ""},
	{"bool-2", pairs(1, "k", kindBool, byte(2)), "k: a bool is 2", "0 or 1 by the format"},
	{"text", pairs(1, "k", kindText, "some text"), "", ""},
	{"text-empty", pairs(1, "k", kindText, ""), "", ""},
	{"text-not-utf8", pairs(1, "k", kindText, "\xff\xfe"), "", ""},
	{"text-beyond-file", pairs(1, "k", kindText, uint64(1000)), "string of 1000 bytes", ""},
	{"text-of-2^24+1-bytes", pairs(1, "k", kindText, uint64(1<<24+1)), "has 16777217 bytes, more than 16777216", ""},
	{"text-of-2^63-bytes", pairs(1, "k", kindText, uint64(1<<63)), "has 9223372036854775808 bytes", ""},
	{"text-of-2^64-1-bytes", pairs(1, "k", kindText, uint64(math.MaxUint64)), "has 18446744073709551615 bytes", ""},

	{"array", pairs(1, "k", kindArray, kindInt32, uint64(3), []int32{1, 2, 3}), "", ""},
	{"array-empty", pairs(1, "k", kindArray, kindInt32, uint64(0)), "", ""},
	{"array-of-texts", pairs(1, "k", kindArray, kindText, uint64(3), "a", "", "bc"), "", ""},
	{"array-of-bools", pairs(1, "k", kindArray, kindBool, uint64(2), []byte{0, 1}), "", ""},
	{"array-of-bools-3", pairs(1, "k", kindArray, kindBool, uint64(2), []byte{0, 3}), "a bool is 3", "0 or 1 by the format"},
	{"array-of-arrays", pairs(1, "k", kindArray, kindArray, uint64(1), kindInt32, uint64(1), 1), "an array of elements of array", ""},
	{"array-of-kind-13", pairs(1, "k", kindArray, 13, uint64(1), uint64(0)), "an array of elements of type 13", ""},
	{"array-beyond-file", pairs(1, "k", kindArray, kindInt32, uint64(1000)), "1000 elements do not fit", ""},
	{"array-of-2^26+1", pairs(1, "k", kindArray, kindUint8, uint64(1<<26+1)), "67108865 elements are more than 67108864", ""},
	{"array-of-2^61", pairs(1, "k", kindArray, kindUint64, uint64(1<<61)), "2305843009213693952 elements are more", ""},
	{"array-of-2^64-1", pairs(1, "k", kindArray, kindUint64, uint64(math.MaxUint64)), "18446744073709551615 elements are more", ""},
	{"array-of-2^61-texts", pairs(1, "k", kindArray, kindText, uint64(1<<61)), "2305843009213693952 elements are more", ""},
	{"array-of-texts-cut", join(head(1, 1), "key-of-it", kindArray, kindText, uint64(2), "ab", uint64(100), make([]byte, 10)), "string of 100 bytes", ""},
	{"array-text-of-2^63", join(head(1, 1), "key-of-it", kindArray, kindText, uint64(1), uint64(1<<63), make([]byte, 10)), "has 9223372036854775808 bytes", ""},

	{"alignment-64", join(withAlignment(64, four("a")), make([]byte, 64)), "", ""},
	{"alignment-1", join(withAlignment(1, four("a")), make([]byte, 16)), "", ""},
	{"alignment-0", pairs(1, alignmentKey, kindUint32, 0), "general.alignment is 0, no power of two", ""},
	{"alignment-48", pairs(1, alignmentKey, kindUint32, 48), "general.alignment is 48, no power of two", ""},
	{"alignment-2^31", pairs(1, alignmentKey, kindUint32, uint32(1<<31)), "general.alignment is 2147483648, no power of two up to 1073741824", ""},
	{"alignment-uint64", pairs(1, alignmentKey, kindUint64, uint64(32)), "general.alignment is of uint64, not uint32", ""},
	{"alignment-text", pairs(1, alignmentKey, kindText, "32"), "general.alignment is of string, not uint32", ""},

	{"name-empty", tensors(1, 32, four("")), "", ""},
	{"name-of-63-bytes", tensors(1, 32, four(strings.Repeat("n", 63))), "", ""},
	{"name-of-64-bytes", tensors(1, 32, four(strings.Repeat("n", 64))), "tensor 0: name at byte 32 has 64 bytes, more than 63", ""},
	{"name-not-utf8", tensors(1, 32, four("\xff")), `tensor 0: the name "\xff" is not valid UTF-8`, "names are UTF-8 by the format"},
	{"name-twice", tensors(2, 64, four("a"), entry("a", F32, 32, 4)), `the tensor "a" stands twice`, ""},
	{"name-twice-same-place", tensors(2, 64, four("a"), four("a")), `the tensor "a" stands twice`, ""},
	{"entry-cut", head(1, 0), "1 tensors do not fit into the 0 bytes", ""},
	{"entry-cut-in-dimensions", tensors(1, 0, "a-long-enough-name", 4, uint64(1)), "the file ends early: dimension of 8 bytes", ""},

	{"rank-0", tensors(1, 32, entry("a", F32, 0)), "", ""},
	{"rank-4", tensors(1, 32, entry("a", F32, 0, 2, 1, 1, 2)), "", ""},
	{"rank-5", tensors(1, 32, entry("a", F32, 0, 2, 1, 1, 2, 1)), `tensor "a": 5 dimensions are more than 4`, ""},
	{"rank-2^32-1", tensors(1, 32, "a", uint32(math.MaxUint32), make([]byte, 64)), "4294967295 dimensions are more than 4", ""},
	{"dimension-0", tensors(1, 32, entry("a", F32, 0, 0)), `tensor "a": dimension 0 is 0`, "no weights are empty"},
	{"dimension-2^63", tensors(1, 32, entry("a", F32, 0, 1<<63)), "dimension 0 is 9223372036854775808", ""},
	{"dimension-2^64-1", tensors(1, 32, entry("a", F32, 0, math.MaxUint64)), "dimension 0 is 18446744073709551615", ""},
	{"product-2^64", tensors(1, 32, entry("a", F32, 0, 1<<32, 1<<32)), "too large to address", ""},
	{"product-2^64+16-bytes", tensors(1, 32, entry("a", F32, 0, 1<<62+4)), "too large to address", ""},
	{"product-2^62", tensors(1, 32, entry("a", F32, 0, 1<<31, 1<<31)), "too large to address", ""},
	{"bytes-2^63-after-padding", tensors(1, 32, entry("a", 24, 0, math.MaxInt64)), "the file ends early: tensor \"a\" takes 9223372036854775807 bytes", ""},
	{"bytes-2^60", tensors(1, 32, entry("a", F32, 0, 1<<58)), "takes 1152921504606846976 bytes", ""},

	{"type-5-removed", tensors(1, 32, entry("a", 5, 0, 32)), "type 5 is none that is known", ""},
	{"type-1000", tensors(1, 32, entry("a", 1000, 0, 4)), "type 1000 is none", ""},
	{"type-2^31", tensors(1, 32, entry("a", 1<<31, 0, 4)), "type 2147483648 is none", ""},
	{"type-q2_k", tensors(1, 96, entry("a", 10, 0, 256)), "", ""},
	{"blocks", tensors(1, 64, entry("a", Q8_0, 0, 32)), "", ""},
	{"blocks-cut", tensors(1, 32, entry("a", Q8_0, 0, 32)), "takes 34 bytes from byte 64 on and the file has 96", ""},
	{"row-of-half-a-block", tensors(1, 64, entry("a", Q8_0, 0, 16, 2)), "rows of 16 elements are no blocks of 32", ""},
	{"row-of-a-block-and-1", tensors(1, 96, entry("a", Q8_0, 0, 33)), "rows of 33 elements are no blocks of 32, as Q8_0 has them", ""},

	{"offset-not-0", tensors(1, 64, entry("a", F32, 32, 4)), `tensor "a" has offset 32 where 0 is expected`, ""},
	{"offset-unaligned", tensors(2, 64, four("a"), entry("b", F32, 16, 4)), `tensor "b" has offset 16 where 32 is expected`, ""},
	{"offset-2^63", tensors(1, 64, entry("a", F32, 1<<63, 4)), "offset 9223372036854775808", ""},
	{"offset-2^64-32", tensors(1, 64, entry("a", F32, math.MaxUint64-31, 4)), "offset 18446744073709551584", ""},
	{"overlap", tensors(2, 64, four("a"), four("b")), `tensor "b" has offset 0 where 32 is expected`, ""},
	{"hole", tensors(2, 96, four("a"), entry("b", F32, 64, 4)), `tensor "b" has offset 64 where 32 is expected`, ""},
	{"listed-out-of-order", tensors(2, 64, entry("b", F32, 32, 4), four("a")), `tensor "b" has offset 32 where 0 is expected`, ""},
	{"two", tensors(2, 64, four("a"), entry("b", F32, 32, 4)), "", ""},
	{"data-missing", tensors(1, 0, four("a")), "the file ends early: tensor \"a\" takes 16 bytes", ""},
	{"data-missing-before-padding", join(head(1, 0), four("a")), "the file ends early", ""},
	{"data-cut", tensors(1, 15, four("a")), "takes 16 bytes from byte 64 on and the file has 79", ""},
	{"last-padding-missing", tensors(1, 16, four("a")), "", ""},
	{"bytes-after", tensors(1, 33, four("a")), "1 bytes follow the last tensor", "nothing may hide behind the model"},
}

// withAlignment is the entry of a file that states its alignment, padded.
func withAlignment(alignment int, entry []byte) []byte {
	file := join(head(1, 1), alignmentKey, kindUint32, alignment, entry)
	end, _ := pad(len(file), alignment)
	return append(file, make([]byte, end-len(file))...)
}

// TestOddFiles holds every file to our verdict, and our verdict to that of llama.cpp's reader.
func TestOddFiles(t *testing.T) {
	for _, odd := range oddFiles {
		t.Run(odd.name, func(t *testing.T) {
			read.Check(t, "llama.cpp's reader", odd.name, odd.file, odd.want, odd.stricter)
		})
	}
}

func TestTruncatedAnywhere(t *testing.T) {
	file := join(withData(join(head(2, 2), alignmentKey, kindUint32, 32, "k", kindArray, kindText, uint64(2), "a", "bc", entry("a", Q8_0, 0, 32), entry("b", F32, 64, 4)), 64), make([]byte, 16))
	if _, err := Parse(file); err != nil {
		t.Fatal(err)
	}
	for n := range file {
		if _, err := Parse(slices.Clone(file[:n])); err == nil {
			t.Errorf("the first %d of %d bytes are accepted", n, len(file))
		}
	}
}

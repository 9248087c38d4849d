package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/weights/filetest"
	"pgregory.net/rapid"
)

// withHeader is a file of that header and so many bytes of data.
func withHeader(header string, dataBytes int) []byte {
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	file = append(file, header...)
	return append(file, make([]byte, dataBytes)...)
}

// one is a file whose only tensor "a" has that entry, and four bytes of data.
func one(entry string) []byte { return withHeader(`{"a":`+entry+`}`, 4) }

// four is a valid entry for four bytes.
const four = `{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`

type oddFile struct {
	name string
	file []byte
	want string // part of the error; empty where the file is accepted
	// stricter says why we reject what the reference library accepts.
	stricter string
}

var oddFiles = []oddFile{
	{"plain", one(four), "", ""},
	{"empty", nil, "0 bytes are too few", ""},
	{"seven-bytes", make([]byte, 7), "7 bytes are too few", ""},
	{"length-alone", withHeader("", 0), "does not begin with {", ""},
	{"length-beyond-file", append([]byte{200, 0, 0, 0, 0, 0, 0, 0}, one(four)[8:]...), "header ends at 208 but the file has 66 bytes", ""},
	{"length-100000001", append([]byte{1, 0xe1, 0xf5, 5, 0, 0, 0, 0}, one(four)[8:]...), "header of 100000001 bytes is longer than the 100000000", ""},
	{"length-2^60", append([]byte{0, 0, 0, 0, 0, 0, 0, 16}, one(four)[8:]...), "header of 1152921504606846976 bytes is longer", ""},
	{"length-2^64-1", append(slices.Repeat([]byte{255}, 8), one(four)[8:]...), "header of 18446744073709551615 bytes is longer", ""},
	{"git-lfs-pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"), "pointer of Git LFS", ""},

	{"array", withHeader(`[]`, 0), "does not begin with {", ""},
	{"null", withHeader(`null`, 0), "does not begin with {", ""},
	{"no-tensor", withHeader(`{}`, 0), "lists no tensor", "not a model"},
	{"no-tensor-but-metadata", withHeader(`{"__metadata__":{"format":"pt"}}`, 0), "lists no tensor", "not a model"},
	{"leading-space", withHeader(` {"a":`+four+`}`, 4), "does not begin with {", "the format says MUST begin with {"},
	{"leading-newline", withHeader("\n"+`{"a":`+four+`}`, 4), "does not begin with {", "the format says MUST begin with {"},
	{"byte-order-mark", withHeader("\ufeff"+`{"a":`+four+`}`, 4), "does not begin with {", ""},
	{"trailing-spaces", withHeader(`{"a":`+four+`}      `, 4), "", ""},
	{"trailing-newline", withHeader(`{"a":`+four+"}\n", 4), "something other than spaces", "the format pads with 0x20"},
	{"trailing-nul", withHeader(`{"a":`+four+"}\x00", 4), "something other than spaces", ""},
	{"two-objects", withHeader(`{"a":`+four+"}{}", 4), "something other than spaces", ""},
	{"inner-space", withHeader("{\n\t\"a\" :\r "+four+" }", 4), "", ""},

	{"unclosed", withHeader(`{"a":`+four, 4), "it ends where ',' is expected", ""},
	{"trailing-comma", withHeader(`{"a":`+four+`,}`, 4), `'}' where '"' is expected`, ""},
	{"missing-comma", withHeader(`{"a":`+four+`"b":`+four+`}`, 4), `'"' where ',' is expected`, ""},
	{"missing-colon", withHeader(`{"a"`+four+`}`, 4), "'{' where ':' is expected", ""},
	{"bare-name", withHeader(`{a:`+four+`}`, 4), `'a' where '"' is expected`, ""},
	{"comment", withHeader(`{/**/"a":`+four+`}`, 4), `'/' where '"' is expected`, ""},
	{"invalid-utf8-name", withHeader("{\"\xff\":"+four+"}", 4), "not valid UTF-8", ""},
	{"invalid-utf8-metadata", withHeader("{\"__metadata__\":{\"k\":\"\xc3\"},\"a\":"+four+"}", 4), "not valid UTF-8", ""},
	{"overlong-utf8", withHeader("{\"\xc0\x80\":"+four+"}", 4), "not valid UTF-8", ""},
	{"utf8-of-surrogate", withHeader("{\"\xed\xa0\x80\":"+four+"}", 4), "not valid UTF-8", ""},
	{"lone-surrogate", withHeader(`{"\ud800":`+four+`}`, 4), "a lone surrogate", ""},
	{"lone-low-surrogate", withHeader(`{"\udc00":`+four+`}`, 4), "a lone surrogate", ""},
	{"surrogate-pair", withHeader(`{"\ud83d\ude00":`+four+`}`, 4), "", ""},
	{"control-character", withHeader("{\"a\nb\":"+four+"}", 4), "a control character", ""},
	{"bad-escape", withHeader(`{"\x61":`+four+`}`, 4), "an escape that JSON does not have", ""},
	{"bad-unicode-escape", withHeader(`{"\u+061":`+four+`}`, 4), "an escape that JSON does not have", ""},

	{"duplicate-same-place", withHeader(`{"a":`+four+`,"a":`+four+`}`, 4), `the name "a" stands twice`, "the last wins there"},
	{"duplicate-other-place", withHeader(`{"a":`+four+`,"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `the name "a" stands twice`, ""},
	{"duplicate-by-escape", withHeader(`{"a":`+four+`,"\u0061":`+four+`}`, 4), `the name "a" stands twice`, "the last wins there"},
	{"duplicate-metadata", withHeader(`{"__metadata__":{},"__metadata__":{},"a":`+four+`}`, 4), `the name "__metadata__" stands twice`, ""},
	{"duplicate-metadata-key", withHeader(`{"__metadata__":{"k":"1","k":"2"},"a":`+four+`}`, 4), `the name "k" stands twice`, "the last wins there"},
	{"duplicate-dtype", one(`{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}`), `the name "dtype" stands twice`, ""},
	{"duplicate-extra", one(`{"dtype":"F32","x":1,"x":1,"shape":[1],"data_offsets":[0,4]}`), `the name "x" stands twice`, "the field is ignored there"},
	{"metadata-number", withHeader(`{"__metadata__":{"k":1},"a":`+four+`}`, 4), `'1' where '"' is expected`, ""},
	{"metadata-null", withHeader(`{"__metadata__":null,"a":`+four+`}`, 4), "'n' where '{' is expected", "null counts as absent there"},
	{"metadata-array", withHeader(`{"__metadata__":[],"a":`+four+`}`, 4), "'[' where '{' is expected", ""},
	{"metadata-nested", withHeader(`{"__metadata__":{"k":{}},"a":`+four+`}`, 4), `'{' where '"' is expected`, ""},

	{"dtype-in-capitals", one(`{"DTYPE":"F32","shape":[1],"data_offsets":[0,4]}`), "dtype is missing", ""},
	{"shape-capitalised", one(`{"dtype":"F32","Shape":[1],"data_offsets":[0,4]}`), "shape is missing", ""},
	{"offsets-missing", one(`{"dtype":"F32","shape":[1]}`), "data_offsets is missing", ""},
	{"entry-null", one(`null`), "'n' where '{' is expected", ""},
	{"entry-array", one(`["F32",[1],[0,4]]`), "'[' where '{' is expected", "it reads the fields of a struct in order"},
	{"extra-field", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4],"strides":[{"x":[-1.5e+3,true,false,null]}]}`), "", ""},
	{"extra-field-broken", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":tru}`), "no value that JSON has", ""},
	{"extra-field-bad-number", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1.}`), "no value that JSON has", ""},
	{"extra-field-nan", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":NaN}`), "no value that JSON has", ""},
	{"extra-field-100-deep", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`), "nested deeper than 64", "our limit is 64, serde's 128"},
	{"extra-field-1000-deep", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`), "nested deeper than 64", ""},
	{"name-empty", withHeader(`{"":`+four+`}`, 4), "", ""},
	{"name-nul", withHeader(`{"\u0000":`+four+`}`, 4), "", ""},
	{"name-256-bytes", withHeader(`{"`+strings.Repeat("a", 256)+`":`+four+`}`, 4), "", ""},
	{"name-257-bytes", withHeader(`{"`+strings.Repeat("a", 257)+`":`+four+`}`, 4), "a string longer than 256 bytes", "our limit on memory"},

	{"dtype-lower-case", one(`{"dtype":"f32","shape":[1],"data_offsets":[0,4]}`), `unsupported dtype "f32"`, ""},
	{"dtype-unknown", one(`{"dtype":"F33","shape":[1],"data_offsets":[0,4]}`), `unsupported dtype "F33"`, ""},
	{"dtype-number", one(`{"dtype":32,"shape":[1],"data_offsets":[0,4]}`), `'3' where '"' is expected`, ""},
	{"dtype-fp8", one(`{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}`), `tensor "a": unsupported dtype "F8_E4M3"`, "no weights of GPT-2 are in FP8"},
	{"dtype-fp4", one(`{"dtype":"F4","shape":[8],"data_offsets":[0,4]}`), `unsupported dtype "F4"`, "no weights of GPT-2 are in FP4"},
	{"dtype-bool", one(`{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}`), "", ""},
	{"dtype-i64-of-wrong-size", one(`{"dtype":"I64","shape":[1],"data_offsets":[0,4]}`), "takes 8 bytes but data_offsets 0 to 4 are 4", ""},
	{"dtype-c64", withHeader(`{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}`, 8), "", ""},

	{"shape-scalar", one(`{"dtype":"F32","shape":[],"data_offsets":[0,4]}`), "", ""},
	{"shape-with-zero", withHeader(`{"a":{"dtype":"F32","shape":[3,0,5],"data_offsets":[0,0]}}`, 0), "", ""},
	{"shape-rank-8", one(`{"dtype":"F32","shape":[1,1,1,1,1,1,1,1],"data_offsets":[0,4]}`), "", ""},
	{"shape-rank-9", one(`{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}`), "more than 8 numbers", "our limit on memory"},
	{"shape-negative", one(`{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}`), "-1 where an integer from 0 to", ""},
	{"shape-minus-zero", one(`{"dtype":"F32","shape":[-0],"data_offsets":[0,4]}`), "-0 where an integer from 0 to", ""},
	{"shape-1.0", one(`{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}`), "1.0 where an integer from 0 to", ""},
	{"shape-1e0", one(`{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}`), "1e0 where an integer from 0 to", ""},
	{"shape-01", one(`{"dtype":"F32","shape":[01],"data_offsets":[0,4]}`), "'1' where ',' is expected", ""},
	{"shape-text", one(`{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}`), "no value that JSON has", ""},
	{"shape-null", one(`{"dtype":"F32","shape":null,"data_offsets":[0,4]}`), "'n' where '[' is expected", ""},
	{"shape-nested", one(`{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}`), "no value that JSON has", ""},
	{"shape-2^63", one(`{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}`), "9223372036854775808 where an integer", ""},
	{"shape-2^64", one(`{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}`), "18446744073709551616 where an integer", ""},
	{"shape-30-digits", one(`{"dtype":"F32","shape":[` + strings.Repeat("1", 30) + `],"data_offsets":[0,4]}`), "a number of 30 characters", ""},
	{"shape-product-overflow", one(`{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}`), "too large to address", ""},
	{"shape-product-overflow-to-4-bytes", one(`{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}`), "too large to address", ""},
	{"shape-overflow-before-zero", withHeader(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}`, 0), "too large to address", ""},
	{"shape-of-other-size", one(`{"dtype":"F32","shape":[2],"data_offsets":[0,4]}`), "shape [2] of F32 takes 8 bytes but data_offsets 0 to 4 are 4", ""},

	{"offsets-one", one(`{"dtype":"F32","shape":[1],"data_offsets":[4]}`), "data_offsets [4] are no begin and end", ""},
	{"offsets-three", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}`), "more than 2 numbers", ""},
	{"offsets-reversed", one(`{"dtype":"F32","shape":[1],"data_offsets":[4,0]}`), "data_offsets [4 0] are no begin and end", ""},
	{"offsets-negative", one(`{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}`), "-4 where an integer", ""},
	{"offsets-2^63", one(`{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775804,9223372036854775808]}`), "where an integer", ""},
	{"hole-at-start", withHeader(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `tensor "a" begins at 4 and leaves a hole after 0`, ""},
	{"hole", withHeader(`{"a":`+four+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12), `tensor "b" begins at 8 and leaves a hole after 4`, ""},
	{"overlap", withHeader(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `tensor "b" begins at 4, inside the one that ends at 8`, ""},
	{"same-place", withHeader(`{"a":`+four+`,"b":`+four+`}`, 4), `tensor "b" begins at 0, inside the one that ends at 4`, ""},
	{"beyond-file", withHeader(`{"a":`+four+`}`, 3), `tensor "a" ends at 4 but the file has 3 bytes of data`, ""},
	{"far-beyond-file", withHeader(`{"a":{"dtype":"U8","shape":[1152921504606846976],"data_offsets":[0,1152921504606846976]}}`, 4), "ends at 1152921504606846976 but the file has 4", ""},
	{"bytes-after", withHeader(`{"a":`+four+`}`, 5), "1 bytes follow the last tensor", ""},
	{"listed-out-of-order", withHeader(`{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":`+four+`}`, 8), "", ""},
	{"empty-tensors-in-one-place", withHeader(`{"z":`+four+`,"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"c":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"d":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}`, 4), "", ""},
}

var readSafetensors filetest.Reader = func(file []byte) error {
	_, err := parseSafetensors(file)
	return err
}

// TestOddFiles holds every file to our verdict, and our verdict to that of the reference library.
func TestOddFiles(t *testing.T) {
	for _, odd := range oddFiles {
		t.Run(odd.name, func(t *testing.T) {
			readSafetensors.Check(t, "the reference library", odd.name, odd.file, odd.want, odd.stricter)
		})
	}
}

func TestTruncatedAnywhere(t *testing.T) {
	file, err := os.ReadFile("testdata/dtypes.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for n := range file {
		if _, err := parseSafetensors(file[:n:n]); err == nil {
			t.Errorf("the first %d of %d bytes are accepted", n, len(file))
		}
	}
	_, err = parseSafetensors(file[:len(file)-1])
	if want := "download or copy it again"; err == nil || !strings.Contains(hintOf(err), want) {
		t.Errorf("the hint of %v is %q, want %q", err, hintOf(err), want)
	}
}

// TestHostileHeaderMemory gives headers so long that keeping one, or a part in any form, would show.
func TestHostileHeaderMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 40 MiB a case")
	}
	const headerBytes, most = 40 << 20, 32 << 20
	type header func() string
	repeat := func(before, each, after string) header {
		n := (headerBytes - len(before) - len(after)) / len(each)
		return func() string { return before + strings.Repeat(each, n) + after }
	}
	numbered := func(before, each, after string) header {
		return func() string {
			var b strings.Builder
			b.WriteString(before)
			for i := 0; b.Len() < headerBytes-1000; i++ {
				fmt.Fprintf(&b, each, i)
			}
			return b.String() + after
		}
	}
	long := strings.Repeat("n", maxNameBytes-9)
	for _, c := range []struct {
		name   string
		header header
		want   string
	}{
		{"metadata", repeat(`{"__metadata__":{"k":"`, "v", `"},"a":`+four+`}`), ""},
		{"a file inside", repeat(`{"__metadata__":{"gptmeter.file.tokenizer.json":"`, "v", `"},"a":`+four+`}`), "files of more than"},
		{"packings", numbered(`{"__metadata__":{`, `"gptmeter.packed.%09d":"`+long[:80]+`",`, `"k":""},"a":`+four+`}`), "more than 32768 names"},
		{"name", repeat(`{"`, "n", `":`+four+`}`), "a string longer"},
		{"tensors", numbered(`{`, `"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},`, `"a":`+four+`}`), "more than 32768 names"},
		{"tensors of long names", numbered(`{`, `"`+long+`%09d":{"dtype":"F32","shape":[0,1,1,1,1,1,1,1],"data_offsets":[0,0]},`, `"a":`+four+`}`), "more than 32768 names"},
		{"metadata keys", numbered(`{"__metadata__":{`, `"`+long+`%09d":"",`, `"k":""},"a":`+four+`}`), "more than 32768 names"},
		{"extra fields", numbered(`{"a":{`, `"`+long+`%09d":{},`, `"dtype":"F32"}}`), "more than 32768 names"},
		{"nesting", repeat(`{"a":{"x":`, "[", ``), "nested deeper"},
		{"digits", repeat(`{"a":{"shape":[`, "1", `]}}`), "a number of"},
		{"empty objects", repeat(`{"a":{"x":[`, `{},`, `{}]}}`), "dtype is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := readSafetensors.Memory(t, most, withHeader(c.header(), 4))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}

// namedData is a tensor for writeSafetensors.
type namedData struct {
	TensorInfo
	data []byte
}

// writeSafetensors writes a file as the format describes, knowing nothing of the reader.
func writeSafetensors(tensors []namedData) []byte {
	var header, data []byte
	header = append(header, '{')
	for i, t := range tensors {
		if i > 0 {
			header = append(header, ',')
		}
		dims := strings.ReplaceAll(strings.Trim(fmt.Sprint(t.Shape), "[]"), " ", ",")
		header = fmt.Appendf(header, `%q:{"dtype":%q,"shape":[%s],"data_offsets":[%d,%d]}`, t.Name, t.DType, dims, len(data), len(data)+len(t.data))
		data = append(data, t.data...)
	}
	header = append(header, '}')
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(file, header...), data...)
}

func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []namedData
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zé.0-9]{1,12}`), 1, 8, rapid.ID).Draw(t, "names")
		for _, name := range names {
			info := TensorInfo{
				Name:  name,
				DType: rapid.SampledFrom([]string{"F64", "F32", "F16", "BF16", "I64", "BOOL"}).Draw(t, "dtype"),
				Shape: rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape"),
			}
			n := dtypes[info.DType].bytes
			for _, d := range info.Shape {
				n *= d
			}
			info.Bytes = int64(n)
			want = append(want, namedData{info, rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "data")})
		}
		file := writeSafetensors(want)
		h, err := parseSafetensors(file)
		if err != nil {
			t.Fatal(err)
		}
		got := h.tensors
		if len(got) != len(want) {
			t.Fatalf("%d tensors, want %d", len(got), len(want))
		}
		for _, w := range want {
			i := slices.IndexFunc(got, func(g safetensor) bool { return g.Name == w.Name })
			if i < 0 {
				t.Fatalf("tensor %q is lost", w.Name)
			}
			g := got[i]
			if g.DType != w.DType || g.Bytes != w.Bytes || !slices.Equal(g.Shape, w.Shape) || string(file[g.begin:g.end]) != string(w.data) {
				t.Fatalf("tensor %q became %+v, want %+v", w.Name, g, w)
			}
		}
	})
}

// hintOf is the next step that an error advises.
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

package gguf

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/weights/filetest"
	"pgregory.net/rapid"
)

// TestDecode holds each decoder to gguf-py's own, over all the bits that a block can have
// (testdata/decoded.py).
func TestDecode(t *testing.T) {
	file, err := os.ReadFile("testdata/types.gguf")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/types.f32")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, tensor := range f.Tensors {
		elements, _ := product(tensor.Shape...)
		got, all := make([]float32, elements), make([]float32, elements)
		decodeF32(all, want)
		want = want[4*elements:]
		tensor.Type.Decoder()(got, file[tensor.Begin:tensor.End])
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(all[i]) {
				t.Errorf("%s[%d] is %v, want %v", tensor.Name, i, got[i], all[i])
				break
			}
		}
		if tensor.Name != tensor.Type.String() {
			t.Errorf("%s is of %v", tensor.Name, tensor.Type)
		}
		seen++
	}
	decodable := 0
	for _, f := range formats {
		if f.decode != nil {
			decodable++
		}
	}
	if seen != decodable || len(want) > 0 {
		t.Errorf("%d types are in the fixture and %d can be decoded; %d bytes are left", seen, decodable, len(want))
	}
}

// TestWrittenIsRead: whatever is written is read back, and padded as the format says.
func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 20, 40)
		metadata := []Pair{
			{"text", text.Draw(t, "text")}, {"bool", rapid.Bool().Draw(t, "bool")}, {"uint32", rapid.Uint32().Draw(t, "uint32")},
			{"float32", rapid.Float32().Draw(t, "float32")}, {"texts", rapid.SliceOfN(text, 0, 5).Draw(t, "texts")},
			{"int32s", rapid.SliceOfN(rapid.Int32(), 0, 5).Draw(t, "int32s")},
		}
		var sources []Source
		var numbers [][]float32
		for i := range rapid.IntRange(1, 5).Draw(t, "tensors") {
			s := Source{Name: fmt.Sprint("t", i), Type: rapid.SampledFrom([]Type{F32, F16, BF16}).Draw(t, "type"),
				Shape: rapid.SliceOfN(rapid.IntRange(1, 5), 0, 4).Draw(t, "shape")}
			n, _ := product(s.Shape...)
			x := rapid.SliceOfN(rapid.Float32(), n, n).Draw(t, "numbers")
			s.Write = func(w io.Writer) error {
				_, err := w.Write(s.Type.Encode(nil, x))
				return err
			}
			sources, numbers = append(sources, s), append(numbers, x)
		}
		var file bytes.Buffer
		if err := Write(&file, metadata, sources); err != nil {
			t.Fatal(err)
		}
		f, err := Parse(file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if file.Len()%defaultAlignment != 0 || f.Version != 3 {
			t.Errorf("%d bytes of version %d", file.Len(), f.Version)
		}
		for i, s := range sources {
			g := f.Tensors[i]
			if g.Name != s.Name || g.Type != s.Type || !slices.Equal(g.Shape, s.Shape) {
				t.Fatalf("%+v became %+v", s, g)
			}
			got := make([]float32, len(numbers[i]))
			g.Type.Decoder()(got, file.Bytes()[g.Begin:g.End])
			if again := s.Type.Encode(nil, got); !bytes.Equal(again, s.Type.Encode(nil, numbers[i])) {
				t.Fatalf("%v became %v", numbers[i], got)
			}
		}
		for _, p := range metadata {
			v, ok := f.Value(p.Key)
			if got := valueOf(t, v); !ok || fmt.Sprint(got) != fmt.Sprint(p.Value) {
				t.Errorf("%s is %v, want %v", p.Key, got, p.Value)
			}
		}
	})
}

// valueOf reads a value by the one method that its kind has.
func valueOf(t *rapid.T, v Value) any {
	var x any
	var err error
	switch {
	case v.kind == kindText:
		x, err = v.Text()
	case v.kind == kindBool:
		x, err = v.Bool()
	case v.kind == kindFloat32:
		x, err = v.Float()
	case v.kind == kindArray && v.element == kindText:
		texts := []string{}
		all, e := v.Texts()
		for _, text := range all {
			texts = append(texts, string(text))
		}
		x, err = texts, e
	case v.kind == kindArray:
		list := []int64{}
		for i := range v.Len() {
			n, e := v.IntegerAt(i)
			if e != nil {
				t.Fatal(e)
			}
			list = append(list, n)
		}
		x = list
	default:
		x, err = v.Integer()
	}
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestBFloat16 rounds to the nearest, ties to even.
func TestBFloat16(t *testing.T) {
	for bits, want := range map[uint32]uint16{0x3f800000: 0x3f80, 0x3f808000: 0x3f80, 0x3f808001: 0x3f81, 0x3f818000: 0x3f82, 0x7f7fffff: 0x7f80, 0x80000000: 0x8000} {
		if got := bfloat16(math.Float32frombits(bits)); got != want {
			t.Errorf("%08x becomes %04x, want %04x", bits, got, want)
		}
	}
	if got := bfloat16(float32(math.NaN())); got&0x7f == 0 || got&0x7f80 != 0x7f80 {
		t.Errorf("NaN becomes %04x", got)
	}
}

// TestValueRefuses: a value of another kind is an error that names both.
func TestValueRefuses(t *testing.T) {
	f, err := Parse(pairs(3, "text", kindText, "\xff", "array", kindArray, kindText, uint64(1), "x", "large", kindUint64, uint64(1<<63)))
	if err != nil {
		t.Fatal(err)
	}
	value := func(key string) Value { v, _ := f.Value(key); return v }
	failure := func(_ any, err error) error { return err }
	for want, err := range map[string]error{
		"of string, not an integer":                    failure(value("text").Integer()),
		"of string, not a float32":                     failure(value("text").Float()),
		"of string, not a bool":                        failure(value("text").Bool()),
		"not valid UTF-8":                              failure(value("text").Text()),
		"of string, not an array of strings":           failure(value("text").Texts()),
		"of string, not an array of integers":          failure(value("text").IntegerAt(0)),
		"an array of string, not an integer":           failure(value("array").Integer()),
		"an array of string, not a string":             failure(value("array").Text()),
		"an array of string, not an array of integers": failure(value("array").IntegerAt(0)),
		"larger than 2^63-1":                           failure(value("large").Integer()),
		"of uint64, not a string":                      failure(value("large").Text()),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

var read filetest.Reader = func(file []byte) error {
	_, err := Parse(file)
	return err
}

// TestHostileMemory gives files of as many things as one can have, each of which somebody could keep.
func TestHostileMemory(t *testing.T) {
	const fileBytes, most = 24 << 20, 32 << 20
	many := func(count uint64, tail []byte, each func(i int) []byte) []byte {
		file := slices.Grow([]byte(nil), fileBytes)
		for i := range count {
			file = append(file, each(int(i))...)
		}
		return append(file, tail...)
	}
	filler := bytes.Repeat([]byte{0}, fileBytes)
	for name, file := range map[string][]byte{
		"pairs": join(head(1, maxPairs), many(maxPairs, four("a"), func(i int) []byte {
			return join(fmt.Sprintf("%01024d", i), kindText, "x")
		})),
		"tensors": join(head(maxTensors, 0), many(maxTensors, nil, func(i int) []byte {
			return entry(fmt.Sprintf("%063d", i), F32, uint64(32*i), 1, 1, 1, 1)
		})),
		"texts":          join(head(1, 1), "k", kindArray, kindText, uint64(len(filler)/8), filler),
		"one text":       join(head(1, 1), "k", kindText, uint64(maxTextBytes), filler),
		"numbers":        join(head(1, 1), "k", kindArray, kindUint64, uint64(len(filler)/8), filler),
		"texts that lie": join(head(1, 1), "k", kindArray, kindText, uint64(len(filler)/8), bytes.Repeat([]byte{1, 0, 0, 0, 0, 0, 0, 0}, fileBytes/8)),
		"a long key":     join(head(1, 1), uint64(fileBytes), filler),
	} {
		t.Run(name, func(t *testing.T) {
			if read.Memory(t, most, file) == nil {
				t.Error("accepted")
			}
		})
	}
}

// FuzzParse reads any bytes. What is accepted keeps the format's promises, and can be read whole.
func FuzzParse(f *testing.F) {
	for _, odd := range oddFiles {
		f.Add(odd.file)
	}
	fixture, err := os.ReadFile("testdata/types.gguf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(fixture)
	f.Fuzz(func(t *testing.T, file []byte) {
		before := slices.Clone(file)
		g, err := Parse(file)
		if !slices.Equal(before, file) {
			t.Fatal("the file was changed")
		}
		if err != nil {
			if err.Error() == "" || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error is %q", err)
			}
			return
		}
		end, names := 0, map[string]bool{}
		for _, tensor := range g.Tensors {
			elements, bytes := tensor.Type.Block()
			n, _ := product(tensor.Shape...)
			if tensor.Begin < end || tensor.End > len(file) || tensor.End-tensor.Begin != n/elements*bytes || names[tensor.Name] {
				t.Fatalf("%+v after %d in %d bytes", tensor, end, len(file))
			}
			end, names[tensor.Name] = tensor.End, true
			if decode := tensor.Type.Decoder(); decode != nil {
				decode(make([]float32, n), file[tensor.Begin:tensor.End])
			}
		}
		for _, v := range g.metadata {
			v.Integer()
			v.Float()
			v.Bool()
			v.Text()
			if texts, err := v.Texts(); err == nil {
				for i, text := range texts {
					if len(text) > len(file) || i >= v.Len() {
						t.Fatalf("text %d of %d has %d bytes", i, v.Len(), len(text))
					}
				}
			} else if v.kind == kindArray && v.Len() > 0 {
				v.IntegerAt(v.Len() - 1)
			}
		}
	})
}

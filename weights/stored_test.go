package weights

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// TestDTypes reads a file of the real library and compares each element, bit for bit, with what
// numpy and torch convert it to (testdata/fixtures.py).
func TestDTypes(t *testing.T) {
	text, err := os.ReadFile("testdata/dtypes.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]uint32
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("testdata/dtypes.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	h, err := parseSafetensors(file)
	if err != nil {
		t.Fatal(err)
	}
	tensors := h.hold("dtypes.safetensors", file, false)
	for name, bits := range want {
		got := make([]float32, len(bits))
		tensors[name].elements.Read(got, 0)
		for i := range got {
			w := math.Float32frombits(bits[i])
			if math.IsNaN(float64(w)) && math.IsNaN(float64(got[i])) {
				continue // a NaN's payload may change
			}
			if math.Float32bits(got[i]) != bits[i] {
				t.Errorf("%s[%d] is %x (%g), want %x (%g)", name, i, math.Float32bits(got[i]), got[i], bits[i], w)
			}
		}
	}
	for _, name := range []string{"integers", "mask"} {
		if held, ok := tensors[name]; !ok || held.elements != nil {
			t.Errorf("%s is to be listed and not to be read", name)
		}
	}
	if len(tensors) != len(want)+2 {
		t.Errorf("%d tensors, want %d", len(tensors), len(want)+2)
	}
}

// TestReadAnywhere reads any part, also by several goroutines and after a release.
func TestReadAnywhere(t *testing.T) {
	c := open(t, "testdata/single")
	whole := readAll(t, c, "h.1.mlp.c_fc.weight", 12, 48)
	e, err := c.Tensor("h.1.mlp.c_fc.weight", 12, 48)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(whole)).Draw(t, "at")
		n := rapid.IntRange(0, len(whole)-at).Draw(t, "n")
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				got := make([]float32, n)
				e.Read(got, at)
				e.Release()
				if !slices.Equal(got, whole[at:at+n]) {
					t.Errorf("elements %d to %d differ", at, at+n)
				}
			})
		}
		readers.Wait()
	})
}

func BenchmarkRead(b *testing.B) {
	const n = 1 << 20
	data := make([]byte, 8*n)
	for i := range n {
		binary.LittleEndian.PutUint16(data[8*i:], uint16(i))
	}
	dst := make([]float32, n)
	for _, name := range []string{"F64", "F32", "F16", "BF16"} {
		b.Run(name, func(b *testing.B) {
			d := dtypes[name]
			b.SetBytes(int64(n * d.bytes))
			for b.Loop() {
				d.decode(dst, data)
			}
		})
	}
	b.Run("synthetic", func(b *testing.B) {
		e := newRandomElements(randomTensor{deviation: 0.02})
		b.SetBytes(4 * n)
		for b.Loop() {
			e.Read(dst, 0)
		}
	})
}

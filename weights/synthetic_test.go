package weights

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/gptmeter/gptmeter/tensor"
	"pgregory.net/rapid"
)

// TestMix checks the generator against the first outputs of SplitMix64 seeded with 0
// (https://prng.di.unimi.it/splitmix64.c).
func TestMix(t *testing.T) {
	state := uint64(0)
	for i, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f, 0xf88bb8a8724c81ec} {
		state += goldenGamma
		if got := mix(state); got != want {
			t.Errorf("output %d is %#x, want %#x", i, got, want)
		}
	}
}

func TestSyntheticShapes(t *testing.T) {
	for _, c := range []struct {
		name                 string
		layers, heads, width int
		parameters           int64 // as Hugging Face counts them, the tied head once
	}{
		{"gpt2", 12, 12, 768, 124_439_808},
		{"12x12x768", 12, 12, 768, 124_439_808},
		{"gpt2-medium", 24, 16, 1024, 354_823_168},
		{"gpt2-large", 36, 20, 1280, 774_030_080},
		{"gpt2-xl", 48, 25, 1600, 1_557_611_200},
		{"2x5x35", 2, 5, 35, 1_825_215},
	} {
		s := open(t, "synthetic:"+c.name)
		if !s.Synthetic() || s.Demonstration() || s.Tokenizer() != nil || len(s.Files()) != 0 {
			t.Errorf("%s is not marked as synthetic", s.Name())
		}
		var config struct {
			ModelType string `json:"model_type"`
			Layers    int    `json:"n_layer"`
			Heads     int    `json:"n_head"`
			Width     int    `json:"n_embd"`
			Context   int    `json:"n_positions"`
			Vocab     int    `json:"vocab_size"`
		}
		if err := json.Unmarshal(s.Config(), &config); err != nil {
			t.Fatal(err)
		}
		if config.ModelType != "gpt2" || config.Layers != c.layers || config.Heads != c.heads || config.Width != c.width || config.Context != 1024 || config.Vocab != 50257 {
			t.Errorf("%s: config %s", s.Name(), s.Config())
		}
		parameters := int64(0)
		for _, info := range s.Tensors() {
			n := int64(1)
			for _, d := range info.Shape {
				n *= int64(d)
			}
			if info.Bytes != 4*n || info.DType != "F32" {
				t.Errorf("%+v is no float32 tensor", info)
			}
			parameters += n
		}
		if parameters != c.parameters {
			t.Errorf("%s has %d parameters, want %d", s.Name(), parameters, c.parameters)
		}
	}
}

// TestSyntheticTensors asks for what a released model holds, by name and shape.
func TestSyntheticTensors(t *testing.T) {
	single, synthetic := open(t, "testdata/single"), open(t, "synthetic:2x3x12")
	var want, got []string
	for _, info := range single.Tensors() {
		want = append(want, info.Name)
		if info.Name == "wte.weight" || info.Name == "wpe.weight" {
			continue // of another vocabulary and context
		}
		if _, err := synthetic.Tensor(info.Name, info.Shape...); err != nil {
			t.Error(err)
		}
	}
	for _, info := range synthetic.Tensors() {
		got = append(got, info.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("tensors %v, want %v", got, want)
	}
}

func TestSyntheticDistribution(t *testing.T) {
	c := open(t, "synthetic:8x4x128")
	for _, w := range []struct {
		name            string
		shape           []int
		mean, deviation float64
	}{
		{"wte.weight", []int{50257, 128}, 0, 0.02},
		{"h.3.mlp.c_fc.weight", []int{128, 512}, 0, 0.02},
		{"h.3.attn.c_proj.weight", []int{128, 128}, 0, 0.02 / 4},
		{"h.3.mlp.c_proj.weight", []int{512, 128}, 0, 0.02 / 4},
		{"h.3.ln_1.weight", []int{128}, 1, 0.02},
		{"h.3.mlp.c_fc.bias", []int{512}, 0, 0.02},
	} {
		values := readAll(t, c, w.name, w.shape...)
		n, sum, squares, fourth := float64(len(values)), 0.0, 0.0, 0.0
		for _, v := range values {
			d := float64(v) - w.mean
			sum, squares, fourth = sum+d, squares+d*d, fourth+d*d*d*d
		}
		mean, deviation := sum/n, math.Sqrt(squares/n)
		if math.Abs(mean) > 5*w.deviation/math.Sqrt(n) {
			t.Errorf("%s: mean is off by %g", w.name, mean)
		}
		if math.Abs(deviation/w.deviation-1) > 5/math.Sqrt(2*n) {
			t.Errorf("%s: deviation %g, want %g", w.name, deviation, w.deviation)
		}
		// The sum of four uniforms has kurtosis 3 - 6/(5*4).
		if kurtosis := fourth / n / (deviation * deviation * deviation * deviation); math.Abs(kurtosis-2.7) > 12/math.Sqrt(n) {
			t.Errorf("%s: kurtosis %g, want 2.7", w.name, kurtosis)
		}
	}
	// Tensors are unlike one another, and so are neighbours in one.
	a, b := readAll(t, c, "h.0.mlp.c_fc.weight", 128, 512), readAll(t, c, "h.1.mlp.c_fc.weight", 128, 512)
	for name, other := range map[string][]float32{"other layer": b, "neighbour": a[1:]} {
		product := 0.0
		for i, v := range other {
			product += float64(v) * float64(a[i])
		}
		if correlation := product / float64(len(other)) / (0.02 * 0.02); math.Abs(correlation) > 5/math.Sqrt(float64(len(other))) {
			t.Errorf("%s: correlation %g", name, correlation)
		}
	}
}

// TestSyntheticParts reads a tensor in parts, which is the same as whole.
func TestSyntheticParts(t *testing.T) {
	var e tensor.Elements = newRandomElements(randomTensor{TensorInfo{Name: "a"}, 1, 0.5})
	whole := make([]float32, 1000)
	e.Read(whole, 0)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(whole)).Draw(t, "at")
		part := make([]float32, rapid.IntRange(0, len(whole)-at).Draw(t, "n"))
		e.Read(part, at)
		if !slices.Equal(part, whole[at:at+len(part)]) {
			t.Fatalf("elements %d to %d differ", at, at+len(part))
		}
	})
}

// TestSyntheticNeverChanges pins the weights: numbers published with them must stay comparable.
// A few lines of Python that follow the doc comment of randomElements gave the same bits.
func TestSyntheticNeverChanges(t *testing.T) {
	c := open(t, "synthetic:gpt2")
	for name, want := range map[string][3]uint32{
		"wte.weight":             {0xbcaa026b, 0x3c83234d, 0xbcc34343},
		"h.11.mlp.c_proj.weight": {0x3adbda88, 0xbc26f405, 0x3b3ea83e},
		"ln_f.weight":            {0x3f80cd75, 0x3f808746, 0x3f7d1cd4},
	} {
		i := slices.IndexFunc(c.Tensors(), func(info TensorInfo) bool { return info.Name == name })
		e, err := c.Tensor(name, c.Tensors()[i].Shape...)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 3)
		e.Read(got, 765)
		for k := range got {
			if math.Float32bits(got[k]) != want[k] {
				t.Errorf("%s[%d] is %#x, want %#x", name, 765+k, math.Float32bits(got[k]), want[k])
			}
		}
	}
}

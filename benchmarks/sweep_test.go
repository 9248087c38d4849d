package benchmarks

import (
	"context"
	"runtime"
	"runtime/metrics"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// someSweep is of a small model in float32 on two threads, without peaks.
func someSweep(t testing.TB, name string) Sweep {
	t.Helper()
	checkpoint, err := weights.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checkpoint.Close() })
	return Sweep{
		Setup:  Setup{Model: name, Source: checkpoint, DTypes: []tensor.DType{tensor.F32}, Threads: []int{2}, Kernel: "auto", Cores: 2},
		Depths: []int{0}, Batches: []int{1}, Repetitions: 1,
	}
}

func (s Sweep) config(t testing.TB) model.Config {
	t.Helper()
	c, err := model.ParseConfig(s.Source.Config())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTests(t *testing.T) {
	s := Sweep{Setup: Setup{DTypes: []tensor.DType{tensor.F32}, Threads: []int{1, 2}}, Depths: []int{0, 9}, Batches: []int{1, 8},
		Prompts: []int{5, 7}, Generates: []int{3}}
	var got []string
	for _, test := range s.tests() {
		got = append(got, test.String())
	}
	want := []string{
		"pp5, batch 1, depth 0, f32, 1 thread", "pp7, batch 1, depth 0, f32, 1 thread", "tg3, batch 1, depth 0, f32, 1 thread",
		"pp5, batch 8, depth 0, f32, 1 thread", "pp7, batch 8, depth 0, f32, 1 thread", "tg3, batch 8, depth 0, f32, 1 thread",
		"pp5, batch 1, depth 9, f32, 1 thread", "pp7, batch 1, depth 9, f32, 1 thread", "tg3, batch 1, depth 9, f32, 1 thread",
		"pp5, batch 8, depth 9, f32, 1 thread", "pp7, batch 8, depth 9, f32, 1 thread", "tg3, batch 8, depth 9, f32, 1 thread",
		"pp5, batch 1, depth 0, f32, 2 threads", "pp7, batch 1, depth 0, f32, 2 threads", "tg3, batch 1, depth 0, f32, 2 threads",
		"pp5, batch 8, depth 0, f32, 2 threads", "pp7, batch 8, depth 0, f32, 2 threads", "tg3, batch 8, depth 0, f32, 2 threads",
		"pp5, batch 1, depth 9, f32, 2 threads", "pp7, batch 1, depth 9, f32, 2 threads", "tg3, batch 1, depth 9, f32, 2 threads",
		"pp5, batch 8, depth 9, f32, 2 threads", "pp7, batch 8, depth 9, f32, 2 threads", "tg3, batch 8, depth 9, f32, 2 threads",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCheck(t *testing.T) {
	c := model.Config{Layers: 1, Heads: 1, Width: 8, Inner: 32, Positions: 64, Vocabulary: 50}
	for _, test := range []struct {
		name   string
		change func(s *Sweep)
		want   string // "" where it can be run
	}{
		{"as it is", func(*Sweep) {}, ""},
		{"a whole context", func(s *Sweep) { s.Prompts = []int{64} }, ""},
		{"a whole context at a depth", func(s *Sweep) { s.Depths, s.Generates = []int{60}, []int{4} }, ""},
		{"nothing", func(s *Sweep) { s.Prompts, s.Generates = nil, nil }, "there is nothing to measure"},
		{"no repetition", func(s *Sweep) { s.Repetitions = 0 }, "there is nothing to measure"},
		{"no prompt", func(s *Sweep) { s.Prompts = []int{0} }, "pp0: there is nothing to measure"},
		{"no tokens", func(s *Sweep) { s.Generates = []int{0} }, "tg0: there is nothing to measure"},
		{"no batch", func(s *Sweep) { s.Batches = []int{0} }, "pp4, batch 0, depth 0, f32, 2 threads: there is no such test"},
		{"below nothing", func(s *Sweep) { s.Depths = []int{-1} }, "pp4, batch 1, depth -1, f32, 2 threads: there is no such test"},
		{"prompt", func(s *Sweep) { s.Prompts = []int{65} }, "pp65 at depth 0 does not fit the context of 64"},
		{"depth", func(s *Sweep) { s.Depths = []int{0, 61} }, "pp4 at depth 61 does not fit the context of 64"},
		{"far", func(s *Sweep) { s.Depths = []int{1<<63 - 1} }, "pp4 at depth 9223372036854775807 does not fit the context of 64"},
		{"batch", func(s *Sweep) { s.Batches = []int{50, 51} }, "a batch of 51 is more than the vocabulary of 50"},
	} {
		s := Sweep{Setup: Setup{DTypes: []tensor.DType{tensor.F32}, Threads: []int{2}}, Depths: []int{0}, Batches: []int{1},
			Prompts: []int{4}, Generates: []int{4}, Repetitions: 1}
		test.change(&s)
		got := ""
		if err := s.Check(c); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestMemory: no run holds more than was said, nor much less.
func TestMemory(t *testing.T) {
	for _, test := range []struct {
		name                             string
		prompts, generates, batch, depth []int
	}{
		{"prompts", []int{600}, nil, []int{1}, []int{0}},
		{"prompts at a depth", []int{100}, nil, []int{2}, []int{600}},
		{"generating", nil, []int{2}, []int{64}, []int{0}},
		{"generating at a depth", nil, []int{2}, []int{4}, []int{400}},
	} {
		s := someSweep(t, "synthetic:4x8x128")
		s.Prompts, s.Generates, s.Batches, s.Depths, s.Repetitions = test.prompts, test.generates, test.batch, test.depth, 1
		before := heap()
		var most int64
		s.Progress = func(string, float64, float64) { most = max(most, heap()-before) }
		if _, err := s.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		most += beside(s.config(t))
		said := s.Memory(s.config(t))
		if most > said || most < said/2 {
			t.Errorf("%s: %d bytes were held, %d were said", test.name, most, said)
		}
	}
}

// heap is the memory of objects that are held. What is dead is collected first: when the collector
// would come by itself depends on what else the machine does.
func heap() int64 {
	runtime.GC()
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64())
}

// beside is the memory of a model's weights where they lie outside Go's heap.
func beside(c model.Config) int64 {
	if runtime.GOOS == "linux" {
		return c.WeightBytes(tensor.F32)
	}
	return 0
}

// The peak of reading is measured with memory of its own.
func TestPeakMemory(t *testing.T) {
	s := someSweep(t, "synthetic:1x1x8")
	s.Prompts, s.Threads = []int{1}, []int{1, 3}
	without := s.Memory(s.config(t))
	s.PeakTime = 1
	if got := s.Memory(s.config(t)) - without; got != int64(tensor.ReadStream(3)) {
		t.Errorf("%d bytes for peaks, want %d", got, tensor.ReadStream(3))
	}
}

// Each sequence of a batch begins with a token of its own.
func TestPrompts(t *testing.T) {
	const n, vocabulary = 30, 30
	first := map[int]bool{}
	for i := range vocabulary {
		p := prompt(i, n, vocabulary)
		if len(p) != n || first[p[0]] || slices.Min(p) < 0 || slices.Max(p) >= vocabulary {
			t.Errorf("prompt %d is %v", i, p)
		}
		first[p[0]] = true
	}
	if (Test{Phase: meter.Prefill, Tokens: 5}).Name() != "pp5" || (Test{Phase: meter.Decode, Tokens: 6}).Name() != "tg6" {
		t.Error("the tests are not called pp and tg")
	}
}

package weights

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gptmeter/gptmeter/weights/hub"
	"github.com/gptmeter/gptmeter/weights/hub/hubtest"
)

// testSource is a source whose hub has the models of hubtest.Stock, and what it has told.
func testSource(t *testing.T) (h *hubtest.Hub, settings *hub.Settings, s *Source, told *[]string) {
	t.Helper()
	h = hubtest.New()
	t.Cleanup(h.Close)
	if err := h.Stock("."); err != nil {
		t.Fatal(err)
	}
	settings = &hub.Settings{Cache: t.TempDir(), Endpoint: h.URL, AnswerTimeout: time.Minute, ReadTimeout: time.Minute}
	told = new([]string)
	return h, settings, &Source{Hub: func() (*hub.Client, error) {
		c := hub.New(*settings)
		c.Notice = func(text string) { *told = append(*told, text) }
		return c, nil
	}}, told
}

// fetched lists the files whose content was asked for.
func fetched(h *hubtest.Hub) (files []string) {
	for _, r := range h.Requests() {
		if r.Method == "GET" && !r.Storage && !strings.HasPrefix(r.Path, "/api/") {
			files = append(files, r.Path[strings.LastIndex(r.Path, "/")+1:])
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// openOf opens a model and says what that fetched.
func openOf(t *testing.T, h *hubtest.Hub, s *Source, name string) []string {
	t.Helper()
	c, err := s.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name() != name || len(c.Tensors()) == 0 {
		t.Errorf("%s has %d tensors", c.Name(), len(c.Tensors()))
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	return fetched(h)
}

// TestSource: only what is needed is fetched, once.
func TestSource(t *testing.T) {
	h, settings, s, _ := testSource(t)
	folder, err := s.Tokenizer(t.Context(), "stories/tiny")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(folder, "tokenizer.json"); err != nil {
		t.Error(err)
	}
	small := []string{"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"}
	if got := fetched(h); !cmp.Equal(got, small) {
		t.Error(cmp.Diff(small, got))
	}
	if got, want := openOf(t, h, s, "stories/tiny"), []string{"model.safetensors"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	// A path and the models inside the binary go before, and need no hub.
	s.Hub = func() (*hub.Client, error) { return nil, errors.New("asked for a hub") }
	for _, name := range []string{"tiny", "synthetic:1x1x8", "testdata/single"} {
		if c, err := s.Open(t.Context(), name); err != nil {
			t.Error(err)
		} else {
			c.Close()
		}
	}
	s.Hub = func() (*hub.Client, error) { return hub.New(*settings), nil }
	// Nobody is asked a second time, by the branch and by the commit.
	commit := h.Repos["stories/tiny"].Refs["main"]
	for _, name := range []string{"stories/tiny", "stories/tiny@main", "stories/tiny@" + commit} {
		openOf(t, h, s, name)
		if _, err := s.Tokenizer(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	if asked := h.Requests(); len(asked) > 0 {
		t.Errorf("asked %+v", asked)
	}
	for _, name := range []string{"a--b", "stories/tiny@../x"} {
		if _, err := s.Open(t.Context(), name); !errors.Is(err, hub.ErrName) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPartial: what other programs leave of a model is enough, completed, or used as it is.
func TestPartial(t *testing.T) {
	h, settings, s, told := testSource(t)
	openOf(t, h, s, "stories/tiny")
	openOf(t, h, s, "stories/sharded")
	remove := func(repo string, files ...string) {
		t.Helper()
		for _, file := range files {
			found, err := filepath.Glob(filepath.Join(settings.Cache, "models--stories--"+repo, "*", "*", file))
			if err != nil || len(found) == 0 {
				t.Fatalf("%s: %v, %v", file, found, err)
			}
			for _, f := range found {
				if err := os.Remove(f); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	// candle leaves three files.
	remove("tiny", "generation_config.json", "tokenizer_config.json")
	if got := openOf(t, h, s, "stories/tiny"); len(got) > 0 {
		t.Errorf("fetched %v", got)
	}
	// A program that needs no tokenizer leaves none; its blob is there here, and only linked.
	remove("tiny", "tokenizer.json")
	settings.Offline = true
	if got := openOf(t, h, s, "stories/tiny"); len(got) > 0 || len(*told) != 1 || !strings.HasPrefix((*told)[0], "stories/tiny: used without a tokenizer") {
		t.Errorf("fetched %v, told %q", got, *told)
	}
	settings.Offline = false
	if got := openOf(t, h, s, "stories/tiny"); len(got) > 0 {
		t.Errorf("fetched %v", got)
	}
	// One shard is missing, with its blob.
	shard := h.Repos["stories/sharded"].Commits[h.Repos["stories/sharded"].Refs["main"]]["model-00003-of-00006.safetensors"].Hash()
	remove("sharded", "model-00003-of-00006.safetensors")
	if err := os.Remove(filepath.Join(settings.Cache, "models--stories--sharded", "blobs", shard)); err != nil {
		t.Fatal(err)
	}
	if got, want := openOf(t, h, s, "stories/sharded"), []string{"model-00003-of-00006.safetensors"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// TestFormats: weights are fetched in one form.
func TestFormats(t *testing.T) {
	h, settings, s, _ := testSource(t)
	torch, err := os.ReadFile("testdata/torch/zip.bin")
	if err != nil {
		t.Fatal(err)
	}
	commit := h.Repos["stories/sharded"].Commits[h.Repos["stories/sharded"].Refs["main"]]
	h.Add("stories/torch", map[string]hubtest.File{"config.json": commit["config.json"], "pytorch_model.bin": {Content: torch, Large: true}})
	if got, want := openOf(t, h, s, "stories/torch"), []string{"config.json", "pytorch_model.bin"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	tiny := h.Repos["stories/tiny"].Commits[h.Repos["stories/tiny"].Refs["main"]]
	h.Add("stories/both", map[string]hubtest.File{"config.json": tiny["config.json"], "pytorch_model.bin": {Content: torch, Large: true}, "model.safetensors": tiny["model.safetensors"]})
	if got, want := openOf(t, h, s, "stories/both"), []string{"config.json", "model.safetensors"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got, want := openOf(t, h, s, "stories/gguf"), []string{"x.F32.gguf"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	h.Add("stories/headless", map[string]hubtest.File{"model.safetensors": tiny["model.safetensors"]})
	if _, err := s.Open(t.Context(), "stories/headless"); err == nil || !strings.Contains(err.Error(), "has no config.json") || len(fetched(h)) > 0 {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(settings.Cache, "models--stories--headless", "blobs")); err == nil {
		t.Error("weights that cannot be used were fetched")
	}
}

func TestChooseGGUF(t *testing.T) {
	for _, test := range []struct {
		files []string
		want  string
	}{
		{nil, ""},
		{[]string{"README.md", "whatever.gguf"}, "whatever.gguf"},
		{[]string{"gpt2.Q4_K_M.gguf", "gpt2.Q8_0.gguf", "gpt2.IQ4_XS.gguf", "gpt2.Q2_K.gguf"}, "gpt2.Q8_0.gguf"},
		{[]string{"gpt2-q4_0.gguf", "gpt2-fp16.gguf"}, "gpt2-fp16.gguf"},
		{[]string{"a.gguf", "b.Q2_K.gguf"}, "refused"},
	} {
		got, err := chooseGGUF(test.files)
		if err != nil {
			got = "refused"
		}
		if got != test.want {
			t.Errorf("%v: %q, %v", test.files, got, err)
		}
	}
}

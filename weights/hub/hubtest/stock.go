package hubtest

import (
	"os"
	"path/filepath"
	"strings"
)

// Stock fills the hub from the folder of package weights:
//
//   - stories/tiny, the model inside the binary, which was once called tiny-stories;
//   - stories/sharded, in shards and without a tokenizer;
//   - stories/private, which it takes the token hf_secret to read; stories/gated, which nobody may;
//   - stories/gguf, in GGUF files alone: F32 and Q8_0;
//   - stories/bare, with nothing to read but a description, and stories/escaping, whose index names
//     a shard outside the repository.
func (h *Hub) Stock(weights string) error {
	tiny, err := readFolder(filepath.Join(weights, "tiny"))
	if err != nil {
		return err
	}
	sharded, err := readFolder(filepath.Join(weights, "testdata", "sharded"))
	if err != nil {
		return err
	}
	gguf, err := readFolder(filepath.Join(weights, "testdata", "gguf"))
	if err != nil {
		return err
	}
	readme := map[string]File{"README.md": {Content: []byte("# Nothing\n")}}
	h.Add("stories/tiny", tiny)
	h.Names["tiny-stories"] = "stories/tiny"
	h.Add("stories/sharded", sharded)
	h.Add("stories/private", tiny)
	h.Repos["stories/private"].Token = "hf_secret"
	h.Add("stories/gated", tiny)
	h.Repos["stories/gated"].Gated = true
	h.Add("stories/bare", readme)
	h.Add("stories/gguf", map[string]File{"README.md": readme["README.md"], "x.Q8_0.gguf": gguf["q8_0.gguf"], "x.F32.gguf": gguf["f32.gguf"]})
	h.Add("stories/escaping", map[string]File{
		"config.json":                  tiny["config.json"],
		"model.safetensors.index.json": {Content: []byte(`{"weight_map":{"wte.weight":"../../../../evil.safetensors"}}`)},
	})
	return nil
}

// readFolder reads the files of a folder, weights as large ones.
func readFolder(folder string) (map[string]File, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	files := map[string]File{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		files[e.Name()] = File{content, strings.HasSuffix(e.Name(), ".safetensors") || strings.HasSuffix(e.Name(), ".gguf")}
	}
	return files, nil
}

package weights

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name      string
		want      string
		malformed bool
		hint      string
	}{
		{"", "malformed model name", true, "synthetic:gpt2"},
		{"gpt2", "gpt2: no such folder, and the hub is not asked here", false, "a folder"},
		{"openai-community/gpt2-xl@main", "the hub is not asked here", false, "a folder"},
		{"./gpt2", "gpt2: no such file", false, "a model is tiny"},
		{"gpt2.safetensors", "gpt2.safetensors: no such file", false, "a model is tiny"},
		{"a/b/c", "a/b/c: no such file", false, "a model is tiny"},
		{"gpt2.gguf", "gpt2.gguf: no such file", false, "a model is tiny"},
		{"open.go", "open.go: no file of weights: none of .safetensors, .gguf, .bin", false, "save_pretrained"},
		{"nul\x00nul", "nul\x00nul", false, ""},
		{os.DevNull, "no file of weights: none of .safetensors, .gguf, .bin", false, ""},

		{"synthetic:", "malformed model name: synthetic: is no shape", true, "synthetic:LAYERSxHEADSxWIDTH"},
		{"synthetic:gpt3", "is no shape", true, "synthetic:LAYERSxHEADSxWIDTH"},
		{"synthetic:12x12", "is no shape", true, ""},
		{"synthetic:12x12x768x1", "is no shape", true, ""},
		{"synthetic:12X12X768", "is no shape", true, ""},
		{"synthetic:0x12x768", `layers "0" is no number from 1 to 512`, true, ""},
		{"synthetic:12x0x768", `heads "0" is no number from 1 to 32768`, true, ""},
		{"synthetic:12x12x0", `width "0" is no number from 1 to 32768`, true, ""},
		{"synthetic:-1x12x768", `layers "-1" is no number`, true, ""},
		{"synthetic:+1x12x768", `layers "+1" is no number`, true, ""},
		{"synthetic:1.5x12x768", `layers "1.5" is no number`, true, ""},
		{"synthetic: 1x12x768", `layers " 1" is no number`, true, ""},
		{"synthetic:1_0x12x768", `layers "1_0" is no number`, true, ""},
		{"synthetic:513x12x768", `layers "513" is no number from 1 to 512`, true, ""},
		{"synthetic:1x1x32769", `width "32769" is no number from 1 to 32768`, true, ""},
		{"synthetic:18446744073709551617x1x1", "is no number", true, ""},
		{"synthetic:12x5x768", "5 heads do not divide the width 768", true, ""},
		{"synthetic:12x1536x768", "1536 heads do not divide the width 768", true, ""},
		{"synthetic:512x1x32768", "parameters are more than 17179869184", true, ""},
	} {
		_, err := Open(c.name)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrName) != c.malformed {
			t.Errorf("Open(%q): error is %v, want %q; malformed %v", c.name, err, c.want, c.malformed)
		}
		if !strings.Contains(hintOf(err), c.hint) || strings.Contains(hintOf(err), "\n") {
			t.Errorf("Open(%q): hint is %q, want %q", c.name, hintOf(err), c.hint)
		}
		if _, tokenizerErr := Tokenizer(c.name); err != nil && (tokenizerErr == nil || tokenizerErr.Error() != err.Error()) {
			t.Errorf("Tokenizer(%q): error is %v, that of Open %v", c.name, tokenizerErr, err)
		}
	}
}

// TestTokenizer wants the files of a tokenizer without any weights beside them.
func TestTokenizer(t *testing.T) {
	for name, want := range map[string]bool{
		"tiny": true,
		folder(t, map[string]string{"tokenizer.json": "{}"}): true,
		"synthetic:1x1x8": false,
	} {
		files, err := Tokenizer(name)
		if err != nil {
			t.Fatal(err)
		}
		if files == nil && want || files != nil && !want {
			t.Errorf("%s: the folder is %v", name, files)
		}
		if files != nil {
			if _, err := fs.ReadFile(files, "tokenizer.json"); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestTiny(t *testing.T) {
	c := open(t, "tiny")
	if !c.Demonstration() || c.Synthetic() || c.Name() != "tiny" {
		t.Error("tiny is not marked as a demonstration")
	}
	parameters := 0
	for _, info := range c.Tensors() {
		n := 1
		for _, d := range info.Shape {
			n *= d
		}
		parameters += n
	}
	if want := 2_222_208; parameters != want { // training.json
		t.Errorf("%d parameters, want %d", parameters, want)
	}
	if norm := readAll(t, c, "h.0.ln_1.weight", 192); len(norm) != 192 || norm[0] < 0.1 || norm[0] > 10 {
		t.Errorf("h.0.ln_1.weight begins with %v", norm[0])
	}
	for _, name := range []string{"config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "training.json"} {
		if _, err := fs.ReadFile(c.Tokenizer(), name); err != nil {
			t.Error(err)
		}
	}
	if config, _ := fs.ReadFile(c.Tokenizer(), "config.json"); string(config) != string(c.Config()) {
		t.Error("Config is not config.json")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

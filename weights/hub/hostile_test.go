package hub

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestHostile: what a hub says of commits, hashes and sizes cannot lead out of the cache.
func TestHostile(t *testing.T) {
	commit, hash := strings.Repeat("a", 40), strings.Repeat("b", 64)
	for _, test := range []struct{ commit, etag, size, want string }{
		{"../../../evil", hash, "1", `X-Repo-Commit is "../../../evil"`},
		{strings.ToUpper(commit), hash, "1", "X-Repo-Commit is"},
		{commit + "0", hash, "1", "X-Repo-Commit is"},
		{commit, `"../../../../evil"`, "1", "is no hash to check the file by"},
		{commit, hash + "/../evil", "1", "is no hash to check the file by"},
		{commit, hash[:63], "1", "is no hash to check the file by"},
		{commit, `""`, "1", "is no hash to check the file by"},
		{commit, hash, "-1", `"-1" is no size`},
		{commit, hash, "9223372036854775807", "is no size"},
		{commit, hash, "1e3", "is no size"},
	} {
		h, c := testHub(t, 10)
		around := filepath.Join(c.Cache, "..", "..", "..")
		if err := os.MkdirAll(c.Cache, 0o777); err != nil {
			t.Fatal(err)
		}
		before := tree(t, around)
		h.Put(func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			w.Header().Set("X-Repo-Commit", test.commit)
			w.Header().Set("X-Linked-Etag", test.etag)
			w.Header().Set("X-Linked-Size", test.size)
		})
		_, _, err := pull(c, "org/model", "config.json")
		if !errors.Is(err, ErrNetwork) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v", test, err)
		}
		if after := tree(t, around); !cmp.Equal(before, after) {
			t.Errorf("%+v: %s", test, cmp.Diff(before, after))
		}
	}
	// A commit that is not the one that was asked for.
	h, c := testHub(t, 10)
	h.Put(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if strings.Contains(r.URL.Path, "tokenizer.json") {
			w.Header().Set("X-Repo-Commit", commit)
			w.Header().Set("X-Linked-Etag", hash)
			w.Header().Set("X-Linked-Size", "1")
			return
		}
		serve(w, r)
	})
	if _, _, err := pull(c, "org/model", testNames...); !errors.Is(err, ErrNetwork) || !strings.Contains(err.Error(), "it sends "+commit) {
		t.Error(err)
	}
	// A file that announces more than any disk has.
	h.Put(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		w.Header().Set("X-Repo-Commit", commit)
		w.Header().Set("X-Linked-Etag", hash)
		w.Header().Set("X-Linked-Size", "1125899906842624")
	})
	if _, _, err := pull(c, "org/model", "config.json"); !errors.Is(err, ErrDisk) {
		t.Error(err)
	}
}

// TestPlanted: links that were put into the cache lead no write out of it.
func TestPlanted(t *testing.T) {
	for _, folder := range []string{"blobs", "snapshots", "refs", ".no_exist"} {
		h, c := testHub(t, 5000)
		outside := t.TempDir()
		repository := filepath.Join(c.Cache, "models--org--model")
		if err := os.MkdirAll(repository, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(repository, folder)); err != nil {
			t.Skipf("skipped: no links here: %v", err)
		}
		_, _, err := pull(c, "org/model", testNames...)
		if err == nil && folder != ".no_exist" {
			t.Errorf("%s: pulled", folder)
		}
		if found := tree(t, outside); len(found) > 0 {
			t.Errorf("%s: %v", folder, found)
		}
		whole(t, h, c)
	}
}

func TestParseName(t *testing.T) {
	long := strings.Repeat("x", 97)
	for _, test := range []struct {
		text string
		want Name // zero: refused
	}{
		{"gpt2", Name{"gpt2", "main"}},
		{"openai-community/gpt2-xl@main", Name{"openai-community/gpt2-xl", "main"}},
		{"a/b.c_d-e@refs/pr/1", Name{"a/b.c_d-e", "refs/pr/1"}},
		{"a/b@v1.0+cpu", Name{"a/b", "v1.0+cpu"}},
		{text: ""}, {text: "a/"}, {text: "/a"}, {text: "a/b/c"}, {text: "-a"}, {text: "a-"}, {text: "a..b"}, {text: "a--b"},
		{text: "a.git"}, {text: long}, {text: "a b"}, {text: "ä"}, {text: "a@"}, {text: "a@/b"}, {text: "a@b/"}, {text: "a@../b"},
		{text: "a@b/../c"}, {text: "a@.b"}, {text: "a@b.lock"}, {text: "a@b@c"}, {text: `a@b\c`}, {text: "a@b\x00"}, {text: "a@b:c"},
		{text: "..@main"}, {text: "../a"}, {text: `a\b`}, {text: "C:a"},
	} {
		got, err := ParseName(test.text)
		if ok := test.want != (Name{}); ok != (err == nil) || ok && got != test.want || !ok && !errors.Is(err, ErrName) {
			t.Errorf("%q: %+v, %v", test.text, got, err)
		}
	}
}

// TestPaths: no name, revision or file that is accepted leads out of its folder.
func TestPaths(t *testing.T) {
	piece := rapid.OneOf(rapid.SampledFrom([]string{"..", ".", "/", `\`, "a", "--", "@", ":", "refs", "\x00", " ", "~", "main", ".lock", "CON", "é"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pieces"), "")
		inside := func(path string) bool {
			return filepath.IsLocal(path) && !strings.ContainsAny(path, "\\:\x00~") && !slices.Contains(strings.Split(path, "/"), "..")
		}
		if n, err := ParseName(text); err == nil {
			if f := n.folder(); !inside(f) || strings.Contains(f, "/") || !inside(n.Revision) {
				t.Fatalf("%q is %+v, in %q", text, n, f)
			}
		}
		if checkFile(text) == nil && !inside(text) {
			t.Fatalf("%q is a file", text)
		}
	})
}

func TestEnvironment(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH",
		"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_IMPLICIT_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	cacheOf := func(path ...string) string { return filepath.Join(append([]string{home}, path...)...) }
	if err := os.WriteFile(cacheOf("token"), []byte("hf_file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Each step adds to what the ones before have set.
	for _, step := range []struct {
		name, value string
		check       func(s Settings) bool
	}{
		{"", "", func(s Settings) bool {
			return s.Cache == cacheOf(".cache", "huggingface", "hub") && s.Endpoint == "https://huggingface.co" && s.Token == "" && !s.Offline && !s.Quiet &&
				s.AnswerTimeout.Seconds() == 10 && s.ReadTimeout.Seconds() == 10
		}},
		{"XDG_CACHE_HOME", "~/x", func(s Settings) bool { return strings.HasSuffix(s.Cache, filepath.Join("x", "huggingface", "hub")) }},
		{"HF_HOME", "~", func(s Settings) bool { return s.Cache == cacheOf("hub") && s.Token == "hf_file" }},
		{"HUGGINGFACE_HUB_CACHE", "$HOME/old", func(s Settings) bool { return s.Cache == cacheOf("old") }},
		{"HF_HUB_CACHE", "~/new", func(s Settings) bool { return s.Cache == cacheOf("new") }},
		{"HF_TOKEN", " hf_x\n", func(s Settings) bool { return s.Token == "hf_x" }},
		{"HF_ENDPOINT", "http://hub.example/", func(s Settings) bool { return s.Endpoint == "http://hub.example" }},
		{"TRANSFORMERS_OFFLINE", "yes", func(s Settings) bool { return s.Offline }},
		{"HF_HUB_OFFLINE", "0", func(s Settings) bool { return !s.Offline }},
		{"HF_HUB_ETAG_TIMEOUT", "3", func(s Settings) bool { return s.AnswerTimeout.Seconds() == 3 }},
		{"HF_HUB_DOWNLOAD_TIMEOUT", "4", func(s Settings) bool { return s.ReadTimeout.Seconds() == 4 }},
		{"HF_HUB_DISABLE_PROGRESS_BARS", "1", func(s Settings) bool { return s.Quiet }},
		{"HF_HUB_DISABLE_IMPLICIT_TOKEN", "1", func(s Settings) bool { return s.Token == "" }},
	} {
		if step.name != "" {
			t.Setenv(step.name, step.value)
		}
		if s, err := Environment(); err != nil || !step.check(s) {
			t.Errorf("%s=%s: %+v, %v", step.name, step.value, s, err)
		}
	}
	t.Setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "")
	for _, bad := range [][2]string{{"HF_TOKEN", "a b"}, {"HF_TOKEN", "a\x01"}, {"HF_ENDPOINT", "hub.example"}, {"HF_ENDPOINT", "http://x?y"}, {"HF_HUB_ETAG_TIMEOUT", "-1"}, {"HF_HUB_DOWNLOAD_TIMEOUT", "1.5"}} {
		t.Run(bad[0], func(t *testing.T) {
			t.Setenv(bad[0], bad[1])
			if _, err := Environment(); !errors.Is(err, ErrSetting) {
				t.Errorf("%v: %v", bad, err)
			}
		})
	}
}

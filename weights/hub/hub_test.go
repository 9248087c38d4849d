package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gptmeter/gptmeter/weights/hub/hubtest"
)

// testFiles are the files of a model whose weights are so many bytes.
func testFiles(weights int) map[string]hubtest.File {
	content := make([]byte, weights)
	rand.NewChaCha8([32]byte{1}).Read(content)
	return map[string]hubtest.File{
		".gitattributes":    {Content: []byte("*.safetensors filter=lfs")},
		"README.md":         {Content: []byte("# A model\n")},
		"config.json":       {Content: []byte(`{"model_type":"gpt2"}`)},
		"tokenizer.json":    {Content: []byte(`{"version":"1.0"}`)},
		"onnx/config.json":  {Content: []byte(`{}`)},
		"model.safetensors": {Content: content, Large: true},
	}
}

var testNames = []string{"config.json", "tokenizer.json", "added_tokens.json", "onnx/config.json", "model.safetensors"}

// testHub is a hub with the model org/model, and a client of it with an empty cache that waits for nothing.
func testHub(t testing.TB, weights int) (*hubtest.Hub, *Client) {
	t.Helper()
	h := hubtest.New()
	t.Cleanup(h.Close)
	h.Add("org/model", testFiles(weights))
	folder, err := os.MkdirTemp(memory(), "hub")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return h, testClient(h, filepath.Join(folder, "user", "huggingface", "hub"))
}

// hintOf is the next step that an error advises.
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// memory is a folder in memory where the system has one, so that tests do not wait for a disk; "" is
// the usual one.
func memory() string {
	const folder = "/dev/shm"
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		return folder
	}
	return ""
}

func testClient(h *hubtest.Hub, cache string) *Client {
	c := New(Settings{Cache: cache, Endpoint: h.URL, AnswerTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second})
	c.part = 4 << 10
	c.sync = func(*os.File) error { return nil } // the machine will not lose its power
	c.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return c
}

// pull brings the files of a model into the cache as package weights does.
func pull(c *Client, name string, files ...string) (*Snapshot, []string, error) {
	n, err := ParseName(name)
	if err != nil {
		return nil, nil, err
	}
	s, err := c.Ask(context.Background(), n, files[0])
	if err != nil {
		return nil, nil, err
	}
	entries, err := s.Entries(context.Background(), files...)
	if err != nil {
		return s, nil, err
	}
	fetched, err := s.Fetch(context.Background(), entries)
	if err != nil {
		return s, fetched, err
	}
	return s, fetched, s.Settle()
}

// A failer is a test, of a property too.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// tree lists what is below a folder, a line each: links with where they lead, files with their text
// where it is short. Hashes of contents stand for themselves.
func tree(t failer, folder string) (lines []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		name = filepath.ToSlash(name)
		switch {
		case d.IsDir():
			name += "/"
		case d.Type()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(path)
			name += " -> " + filepath.ToSlash(to)
		default:
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if len(text) < 250 {
				name += fmt.Sprintf(" = %q", text)
			}
		}
		lines = append(lines, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines[1:]
}

// whole holds every file of a snapshot to the hub's, and every blob to its name.
func whole(t failer, h *hubtest.Hub, c *Client) {
	t.Helper()
	for repo, r := range h.Repos {
		folder := filepath.Join(c.Cache, Name{repo, Main}.folder())
		for commit, files := range r.Commits {
			for name, f := range files {
				got, err := os.ReadFile(filepath.Join(folder, "snapshots", commit, name))
				if err == nil && string(got) != string(f.Content) {
					t.Fatalf("%s has wrong content: %d bytes", name, len(got))
				}
				got, err = os.ReadFile(filepath.Join(folder, "blobs", f.Hash()))
				if err == nil && string(got) != string(f.Content) {
					t.Fatalf("blob of %s has wrong content: %d bytes", name, len(got))
				}
			}
		}
	}
}

func TestPull(t *testing.T) {
	h, c := testHub(t, 50_000)
	s, fetched, err := pull(c, "org/model", testNames...)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"config.json", "tokenizer.json", "onnx/config.json", "model.safetensors"}; !cmp.Equal(fetched, want) {
		t.Error(cmp.Diff(want, fetched))
	}
	whole(t, h, c)
	for _, file := range testNames {
		if s.Has(file) != (file != "added_tokens.json") || s.Lacks(file) == s.Has(file) {
			t.Errorf("%s: has %v, lacks %v", file, s.Has(file), s.Lacks(file))
		}
	}
	cached, ok := c.Cached(s.Name)
	if !ok || cached.Commit != s.Commit || cached.Folder != s.Folder {
		t.Errorf("cached %+v, pulled %+v", cached, s)
	}
	// A second time nothing but what files are is asked.
	h.Requests()
	if _, fetched, err = pull(c, "org/model", testNames...); err != nil || len(fetched) != 0 {
		t.Errorf("fetched again: %v, %v", fetched, err)
	}
	for _, r := range h.Requests() {
		if r.Method != "HEAD" {
			t.Errorf("%+v", r)
		}
	}
}

// TestRevisions: a branch moves on, a commit and a tag with a slash are found, blobs are shared.
func TestRevisions(t *testing.T) {
	h, c := testHub(t, 5000)
	first, _, err := pull(c, "org/model", testNames...)
	if err != nil {
		t.Fatal(err)
	}
	files := testFiles(5000)
	files["config.json"] = hubtest.File{Content: []byte(`{"model_type":"gpt2","n_head":2}`)}
	moved := h.Commit("org/model", "main", files)
	h.Repos["org/model"].Refs["refs/pr/1"] = first.Commit
	second, fetched, err := pull(c, "org/model", testNames...)
	if err != nil || second.Commit != moved || !cmp.Equal(fetched, []string{"config.json"}) {
		t.Errorf("%v, %v, %v", second, fetched, err)
	}
	for _, name := range []string{"org/model@" + first.Commit, "org/model@refs/pr/1"} {
		s, fetched, err := pull(c, name, testNames...)
		if err != nil || s.Commit != first.Commit || len(fetched) != 0 {
			t.Errorf("%s: %v, %v, %v", name, s, fetched, err)
		}
	}
	models, err := List(c.Cache)
	if err != nil || len(models) != 1 || len(models[0].Revisions) != 2 {
		t.Fatalf("%+v, %v", models, err)
	}
	refs := map[string][]string{}
	for _, r := range models[0].Revisions {
		refs[r.Commit] = r.Refs
	}
	if want := map[string][]string{moved: {"main"}, first.Commit: {"refs/pr/1"}}; !cmp.Equal(refs, want) {
		t.Error(cmp.Diff(want, refs))
	}

	// One revision goes: what the other needs stays.
	n, _ := ParseName("org/model@refs/pr/1")
	gone, freed, err := Remove(c.Cache, n, true)
	if err != nil || !cmp.Equal(gone, []string{first.Commit}) || freed >= 5000 || freed == 0 {
		t.Errorf("%v, %d, %v", gone, freed, err)
	}
	whole(t, h, c)
	if s, fetched, err := pull(c, "org/model", testNames...); err != nil || len(fetched) != 0 {
		t.Errorf("%v, %v, %v", s, fetched, err)
	}
	if _, _, err := Remove(c.Cache, n, true); !errors.Is(err, ErrNotCached) {
		t.Error(err)
	}
	if _, freed, err = Remove(c.Cache, n, false); err != nil || freed < 5000 {
		t.Errorf("%d, %v", freed, err)
	}
	if got, want := tree(t, c.Cache), []string{".locks/", fmt.Sprintf("CACHEDIR.TAG = %q", tagText)}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// TestRename: a repository that was renamed is kept under the name that was asked for.
func TestRename(t *testing.T) {
	h, c := testHub(t, 100)
	h.Names["model"] = "org/model"
	if _, _, err := pull(c, "model", testNames...); err != nil {
		t.Fatal(err)
	}
	if !exists(filepath.Join(c.Cache, "models--model", "refs", "main")) {
		t.Error(tree(t, c.Cache))
	}
}

// TestOneHost: a hub may have large files on its own host, which says nothing of commits.
func TestOneHost(t *testing.T) {
	h, c := testHub(t, 5000)
	h.Put(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		content := testFiles(5000)["model.safetensors"].Content
		switch {
		case r.URL.Path == "/storage":
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		case strings.HasSuffix(r.URL.Path, "/model.safetensors"):
			commit := h.Repos["org/model"].Refs["main"]
			w.Header().Set("X-Repo-Commit", commit)
			w.Header().Set("X-Linked-Etag", hubtest.File{Content: content, Large: true}.Hash())
			http.Redirect(w, r, "/storage", http.StatusFound)
		default:
			serve(w, r)
		}
	})
	if _, _, err := pull(c, "org/model", testNames...); err != nil {
		t.Fatal(err)
	}
	whole(t, h, c)
}

// TestSharedStore: huggingface_hub can keep a blob in a store for all repositories. It is read there, and
// stays there when a repository goes.
func TestSharedStore(t *testing.T) {
	h, c := testHub(t, 5000)
	if _, _, err := pull(c, "org/model", testNames...); err != nil {
		t.Fatal(err)
	}
	hash := testFiles(5000)["model.safetensors"].Hash()
	blob := filepath.Join(c.Cache, "models--org--model", "blobs", hash)
	store := filepath.Join(c.Cache, "blobs", "ab", strings.Repeat("ab", 32))
	if err := errors.Join(os.MkdirAll(filepath.Dir(store), 0o777), os.Rename(blob, store)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..", "..", "blobs", "ab", filepath.Base(store)), blob); err != nil {
		t.Skipf("skipped: no links here: %v", err)
	}
	h.Requests()
	if s, fetched, err := pull(c, "org/model", testNames...); err != nil || len(fetched) != 0 || !s.Has("model.safetensors") {
		t.Errorf("%v, %v", fetched, err)
	}
	if models, err := List(c.Cache); err != nil || len(models) != 1 || models[0].Bytes != 5040 {
		t.Errorf("%+v, %v", models, err)
	}
	if _, freed, err := Remove(c.Cache, Name{"org/model", Main}, true); err != nil || freed >= 5000 || !exists(store) {
		t.Errorf("%d, %v", freed, err)
	}
}

package hub

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gptmeter/gptmeter/weights/hub/hubtest"
)

// referenceTree is the cache that huggingface_hub leaves, see TestReference. Its files are those of
// testFiles(30_000) that testNames names.
const referenceTree = "testdata/reference.txt"

// TestTree: what a pull leaves is, name for name and link for link, what huggingface_hub leaves.
func TestTree(t *testing.T) {
	want, err := os.ReadFile(referenceTree)
	if err != nil {
		t.Fatal(err)
	}
	_, c := testHub(t, 30_000)
	if _, _, err := pull(c, "org/model", testNames...); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tree(t, c.Cache), "\n") + "\n"; got != string(want) {
		t.Error(cmp.Diff(string(want), got))
	}
}

// TestReference sets huggingface_hub itself beside this package, on the same hub: each finds what the
// other has fetched, whole and without fetching anything, and waits for the other's locks. It needs
// the Python that HUB_PYTHON names, with huggingface_hub 2.4.0; HUB_RECORD=1 records the tree.
//
//	python3 -m venv venv && venv/bin/pip install huggingface_hub==2.4.0
//	HUB_PYTHON=$PWD/venv/bin/python go test -run TestReference -v ./weights/hub
func TestReference(t *testing.T) {
	if os.Getenv("HUB_PYTHON") == "" {
		t.Skip("skipped: HUB_PYTHON names no Python that has huggingface_hub")
	}
	h, ours := testHub(t, 30_000)
	theirs := testClient(h, t.TempDir())

	// Theirs is found by us.
	out := reference(t, h, theirs.Cache, append([]string{"fetch"}, testNames...)...)
	if want := "absent added_tokens.json\n"; out != want {
		t.Error(cmp.Diff(want, out))
	}
	got := strings.Join(tree(t, theirs.Cache), "\n") + "\n"
	if os.Getenv("HUB_RECORD") != "" {
		if err := os.WriteFile(referenceTree, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(referenceTree); err != nil || got != string(want) {
		t.Error(err, cmp.Diff(string(want), got))
	}
	h.Requests()
	if _, fetched, err := pull(theirs, "org/model", testNames...); err != nil || len(fetched) != 0 {
		t.Errorf("%v, %v", fetched, err)
	}
	for _, r := range h.Requests() {
		if r.Method != "HEAD" || strings.HasSuffix(r.Path, "added_tokens.json") {
			t.Errorf("%+v", r)
		}
	}

	// Ours by them, who ask nobody.
	s, _, err := pull(ours, "org/model", testNames...)
	if err != nil {
		t.Fatal(err)
	}
	h.Requests()
	out = reference(t, h, ours.Cache, append([]string{"find"}, testNames...)...)
	if want := "found config.json 21\nfound tokenizer.json 17\nabsent added_tokens.json\nfound onnx/config.json 2\nfound model.safetensors 30000\n" +
		"repo org/model 30040 ['main'] 1\n"; out != want {
		t.Error(cmp.Diff(want, out))
	}
	if asked := h.Requests(); len(asked) > 0 {
		t.Errorf("asked %+v", asked)
	}
	waitForReference(t, h, s)
}

// waitForReference fetches a file of a new commit while huggingface_hub has its lock.
func waitForReference(t *testing.T, h *hubtest.Hub, s *Snapshot) {
	files := testFiles(30_000)
	changed := hubtest.File{Content: []byte(`{"version":"1.1"}`)}
	files["tokenizer.json"] = changed
	h.Commit("org/model", "main", files)
	c := testClient(h, s.client.Cache)
	cmd := referenceCommand(h, c.Cache, "lock", changed.Hash())
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "locked" {
	}
	told := make(chan string, 1)
	c.Notice = func(text string) { told <- text }
	done := make(chan error)
	go func() {
		_, _, err := pull(c, "org/model", testNames...)
		done <- err
	}()
	select {
	case text := <-told:
		if text != "tokenizer.json: another process is fetching it: waiting" {
			t.Error(text)
		}
	case err := <-done:
		t.Fatalf("has not waited: %v", err)
	}
	select {
	case err := <-done:
		t.Fatalf("has not waited: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	stdin.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	cmd.Wait()
}

func referenceCommand(h *hubtest.Hub, cache string, args ...string) *exec.Cmd {
	script := filepath.Join("testdata", "reference.py")
	cmd := exec.Command(os.Getenv("HUB_PYTHON"), append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "HF_ENDPOINT="+h.URL, "HF_HUB_CACHE="+cache, "HF_HOME="+cache+"-home", "HF_HUB_DISABLE_TELEMETRY=1", "HF_HUB_DISABLE_PROGRESS_BARS=1")
	if args[0] == "find" {
		cmd.Env = append(cmd.Env, "HF_HUB_OFFLINE=1")
	}
	return cmd
}

// reference runs the script and returns what it prints after its version.
func reference(t *testing.T, h *hubtest.Hub, cache string, args ...string) string {
	t.Helper()
	cmd := referenceCommand(h, cache, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	version, rest, _ := strings.Cut(string(out), "\n")
	fmt.Println(version)
	return rest
}

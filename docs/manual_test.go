package docs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/weights/hub/hubtest"
)

// TestManual runs the console examples of every page, beside a hub with the models of hubtest.Stock and
// a cache that starts empty. "…" in what a page shows matches anything.
func TestManual(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the program, which tags and the race detector do not change")
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, module+"/cmd/gptmeter")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h := hubtest.New()
	defer h.Close()
	if err := h.Stock("../weights"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HF_ENDPOINT", h.URL)
	t.Setenv("HF_HOME", t.TempDir())
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			for _, example := range strings.Split(block[1], "$ ")[1:] {
				examples++
				command, shown, _ := strings.Cut(example, "\n")
				t.Run(page+"/"+command, func(t *testing.T) { runExample(t, bin, command, shown) })
			}
		}
	}
	if examples == 0 {
		t.Error("no page has an example")
	}
}

func runExample(t *testing.T, bin, command, shown string) {
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = ".."
	nothing := t.TempDir() // has been measured before
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HOME="+nothing, "XDG_CACHE_HOME="+nothing)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	got := stdout.String() + stderr.String()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got += fmt.Sprintf("[exit %d]\n", exit.ExitCode())
	} else if err != nil {
		t.Fatal(err)
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(shown), "…", "(?s:.*)")
	if !regexp.MustCompile("^" + pattern + "$").MatchString(got) {
		t.Errorf("printed\n%s\nthe page shows\n%s", got, shown)
	}
}

// TestLinks: every relative link of a page leads to a file.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../README.md", "../README.zh.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), link[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

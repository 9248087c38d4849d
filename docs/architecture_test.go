// Package docs_test holds the tree to what the documents in this folder say of it.
package docs_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gptmeter/gptmeter"

// mayImport is the table of design.md, "Rooms": a room and the rooms that it may see.
var mayImport = map[string][]string{
	"cmd/gptmeter":                  {"benchmarks", "engine", "weights", "weights/hub", "meter", "meter/theory", "meter/price", "meter/bill", "meter/report", "tokenizer", "model", "tensor"},
	"benchmarks":                    {"engine", "meter", "model", "tensor"},
	"engine":                        {"model", "meter", "tokenizer", "tensor"},
	"weights":                       {"weights/gguf", "weights/hub", "weights/torch", "tensor"},
	"weights/gguf":                  {},
	"weights/filetest":              {},
	"weights/hub":                   {},
	"weights/hub/hubtest":           {},
	"weights/torch":                 {},
	"model":                         {"tensor"},
	"meter":                         {"tensor"},
	"meter/theory":                  {}, // and nothing that counts sees it
	"meter/price":                   {},
	"meter/bill":                    {"meter", "meter/price"},
	"meter/report":                  {"meter", "meter/price", "meter/bill"},
	"tokenizer":                     {},
	"tensor":                        {"tensor/internal/kernel"},
	"tensor/internal/kernel":        {"tensor/internal/kernel/pure", "tensor/internal/kernel/avx2", "tensor/internal/kernel/avx512", "tensor/internal/kernel/amx"},
	"tensor/internal/kernel/amx":    {},
	"tensor/internal/kernel/avx2":   {},
	"tensor/internal/kernel/avx512": {},
	"tensor/internal/kernel/oracle": {"tensor/internal/kernel", "tensor/internal/kernel/pure"},
	"tensor/internal/kernel/pure":   {},
}

// A goPackage is what `go list -json` says of a package.
type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) (list []goPackage) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// TestImports: a room sees those below it and no others.
func TestImports(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		room, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours || room == "docs" {
			continue
		}
		seen++
		allowed, known := mayImport[room]
		if !known {
			t.Errorf("%s is no room of design.md", room)
			continue
		}
		for _, i := range p.Imports {
			if other, ours := strings.CutPrefix(i, module+"/"); ours && !slices.Contains(allowed, other) {
				t.Errorf("%s imports %s", room, other)
			}
			if i == "C" && room != "tokenizer" {
				t.Errorf("%s imports C", room)
			}
		}
	}
	if seen < len(mayImport) {
		t.Errorf("%d rooms are there, design.md has %d", seen, len(mayImport))
	}
}

// TestFileLength: no file that is read is longer than 400 lines.
func TestFileLength(t *testing.T) {
	const most = 400
	files := 0
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != ".." || d.Name() == "build" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil || bytes.Contains(data, []byte("DO NOT EDIT")) {
			return err
		}
		files++
		if n := bytes.Count(data, []byte("\n")); n > most {
			t.Errorf("%s has %d lines, more than %d", path, n, most)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Error("no Go file was found")
	}
}

// TestDependencies: dependencies.md gives a reason for each direct dependency, at its version.
func TestDependencies(t *testing.T) {
	reasons, err := os.ReadFile("dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path, Version string
			Indirect      bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if line := "| " + r.Path + " | " + r.Version + " |"; !r.Indirect && !bytes.Contains(reasons, []byte(line)) {
			t.Errorf("dependencies.md has no line that begins %q", line)
		}
	}
}

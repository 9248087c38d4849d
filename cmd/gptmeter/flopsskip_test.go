package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/meter/theory"
	"github.com/gptmeter/gptmeter/tensor"
)

// TestSkippedTile builds the program with kernels that leave one tile out, the one in the loop of
// SKIP_FILE whose turn is SKIP_TILE. Nothing else is touched: what falls is the count of the loop
// itself, by that tile, and the command fails.
//
// The prompt is one token, the width 8 and a head 4, so each linear layer is one row of one panel
// at most, and one tile, as are a head's scores; of the vocabulary a tile has eight panels.
func TestSkippedTile(t *testing.T) {
	if testing.Short() {
		t.Skip(countsOnce)
	}
	skipping := buildSkipping(t, map[string]leave{"linearrow.go": {"switch full :=", "return"}, "row.go": {"b.keyPanel(", "continue"}})
	for _, kernel := range tensor.Kernels() {
		args := []string{"flops", "--model", "synthetic:1x2x8", "--prompt", "1", "--generate", "1", "--threads", "1", "--kernel", kernel, "--json"}
		whole, code, stderr := runFlops(t, "gptmeter", args)
		if code != exitDone || len(whole.Gaps) != 0 {
			t.Fatalf("whole: exit code %d, gaps %+v, %s", code, whole.Gaps, stderr)
		}
		for _, c := range []struct {
			file     string
			tile     int
			operator theory.Operator
			flops    int64
		}{
			{"linearrow.go", 1, theory.Linear, 2 * 8 * 24},   // queries, keys and values
			{"linearrow.go", 4, theory.Linear, 2 * 32 * 8},   // the second of the MLP's
			{"linearrow.go", 5, theory.Unembed, 2 * 8 * 256}, // eight panels of the vocabulary
			{"row.go", 1, theory.Attention, 2 * 4},           // the first head's score
		} {
			t.Run(fmt.Sprintf("%s/%s/%d", kernel, c.file, c.tile), func(t *testing.T) {
				t.Setenv("SKIP_FILE", c.file)
				t.Setenv("SKIP_TILE", fmt.Sprint(c.tile))
				got, code, stderr := runFlops(t, skipping, args)
				want := whole.Counted.Prefill.Products
				*map[theory.Operator]*int64{
					theory.Linear: &want.Linear, theory.Attention: &want.Attention, theory.Unembed: &want.Unembed,
				}[c.operator] -= c.flops
				if got.Counted.Prefill.Products != want {
					t.Errorf("counted %+v, want %+v", got.Counted.Prefill.Products, want)
				}
				gap := theory.Gap{Phase: theory.Prefill, Operator: c.operator, FLOPs: -c.flops, Reason: theory.Unexplained}
				if len(got.Gaps) != 1 || got.Gaps[0] != gap {
					t.Errorf("gaps %+v, want %+v", got.Gaps, gap)
				}
				line := fmt.Sprintf("gptmeter: synthetic:1x2x8: the count differs from theory, unexplained: prefill %s by -%s FLOPs\n", c.operator, grouped(c.flops))
				if code != exitUnexpected || stderr != line {
					t.Errorf("exit code %d and %q, want %d and %q", code, stderr, exitUnexpected, line)
				}
			})
		}
	}
}

// runFlops runs flops --json, whose document has to be whole.
func runFlops(t *testing.T, program string, args []string) (r flopsReport, code int, stderr string) {
	t.Helper()
	c := exec.Command(program, args...)
	var out, errors bytes.Buffer
	c.Stdout, c.Stderr = &out, &errors
	err := c.Run()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %q, %s", err, out.String(), errors.String())
	}
	return r, c.ProcessState.ExitCode(), errors.String()
}

// leave is how a file's loop leaves out a tile: before what computes it, by a statement.
type leave struct{ before, by string }

// buildSkipping builds the program with these files of package kernel replaced (go help build:
// -overlay): before the first tile in each, whose turn it is leaves.
func buildSkipping(t *testing.T, files map[string]leave) (program string) {
	t.Helper()
	folder := t.TempDir()
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	put := func(name, text string) {
		kernel, err := filepath.Abs("../../tensor/internal/kernel")
		if err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(kernel, name)] = filepath.Join(folder, name)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, leave := range files {
		text, err := os.ReadFile("../../tensor/internal/kernel/" + name)
		if err != nil {
			t.Fatal(err)
		}
		before, after, found := strings.Cut(string(text), leave.before)
		if !found {
			t.Fatalf("%s has no %s: which tile is to be skipped?", name, leave.before)
		}
		put(name, fmt.Sprintf("%sif skip(%q) {\n%s\n}\n%s%s", before, name, leave.by, leave.before, after))
	}
	put("skip.go", `package kernel

import (
	"os"
	"strconv"
)

var tiles = map[string]int{}

func skip(file string) bool {
	tiles[file]++
	return file == os.Getenv("SKIP_FILE") && strconv.Itoa(tiles[file]) == os.Getenv("SKIP_TILE")
}
`)
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "overlay.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(folder, "skipping.exe")
	build := exec.Command("go", "build", "-overlay", filepath.Join(folder, "overlay.json"), "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

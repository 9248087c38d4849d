package meter

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// powercap is a made-up sysfs tree with two packages, each with cores and memory, and what must
// not be counted besides: the platform's sum and the same packages through another interface.
func powercap() fstest.MapFS {
	files := fstest.MapFS{}
	for folder, name := range map[string]string{
		"intel-rapl:0": "package-0", "intel-rapl:0:0": "core", "intel-rapl:0:1": "dram",
		"intel-rapl:1": "package-1", "intel-rapl:1:0": "core", "intel-rapl:1:1": "dram",
		"intel-rapl:2": "psys", "intel-rapl-mmio:0": "package-0",
	} {
		files[folder+"/name"] = &fstest.MapFile{Data: []byte(name + "\n")}
		files[folder+"/max_energy_range_uj"] = &fstest.MapFile{Data: []byte("999999999\n")}
		set(files, folder, 500_000_000)
	}
	return files
}

func set(files fstest.MapFS, folder string, microjoules uint64) {
	files[folder+"/energy_uj"] = &fstest.MapFile{Data: fmt.Appendln(nil, microjoules)}
}

func TestRAPL(t *testing.T) {
	files := powercap()
	r, err := OpenRAPL(files)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want float64) {
		t.Helper()
		if got, err := r.Joules(); err != nil || got != want {
			t.Errorf("%v joules, %v, want %v", got, err, want)
		}
	}
	expect(0)
	for _, folder := range []string{"intel-rapl:0", "intel-rapl:1", "intel-rapl:0:1", "intel-rapl:1:1"} {
		set(files, folder, 501_500_000)
	}
	for _, folder := range []string{"intel-rapl:0:0", "intel-rapl:2", "intel-rapl-mmio:0"} {
		set(files, folder, 777_000_000)
	}
	expect(4 * 1.5)
	set(files, "intel-rapl:1", 999_999_999) // as far as it counts
	expect(4*1.5 + 498.499999)
	set(files, "intel-rapl:1", 1) // round: 999,999,999 -> 0 -> 1
	expect(4*1.5 + 498.499999 + 0.000002)
}

func TestRAPLMissing(t *testing.T) {
	if _, err := OpenRAPL(fstest.MapFS{}); !errors.Is(err, ErrNoRAPL) {
		t.Errorf("an empty tree: %v", err)
	}
	if _, err := OpenRAPL(os.DirFS(filepath.Join(t.TempDir(), "none"))); !errors.Is(err, ErrNoRAPL) {
		t.Errorf("no tree: %v", err)
	}
	bad := powercap()
	bad["intel-rapl:1/energy_uj"] = &fstest.MapFile{Data: []byte("lots\n")}
	if _, err := OpenRAPL(bad); err == nil {
		t.Error("a counter that is no number was taken")
	}
	gone := powercap()
	r, err := OpenRAPL(gone)
	if err != nil {
		t.Fatal(err)
	}
	delete(gone, "intel-rapl:0/energy_uj")
	if _, err := r.Joules(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a counter that went away: %v", err)
	}
}

// A counter that goes farther than it can between two readings has been set back, by a machine
// that slept, or was not read in time: what has been drawn is not known.
func TestRAPLSetBack(t *testing.T) {
	for _, now := range []uint64{0, 499_999_999, 1 << 40} {
		files := powercap()
		r, err := OpenRAPL(files)
		if err != nil {
			t.Fatal(err)
		}
		set(files, "intel-rapl:0:1", now) // from 500,000,000 of 1,000,000,000
		if joules, err := r.Joules(); err == nil {
			t.Errorf("%v joules from 500,000,000 to %d", joules, now)
		}
	}
}

// forbidden is a tree in which one counter may not be read, as Linux has it for all but root.
type forbidden struct{ fstest.MapFS }

func (f forbidden) ReadFile(name string) ([]byte, error) {
	if name == "intel-rapl:1/energy_uj" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.ReadFile(name)
}

func TestRAPLForbidden(t *testing.T) {
	if _, err := OpenRAPL(forbidden{powercap()}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a counter that may not be read: %v", err)
	}
}

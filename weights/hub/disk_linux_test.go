package hub

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// disk is a file system of so many bytes, and how to mount it again with other options.
func disk(t *testing.T, options string) (folder string, remount func(flags uintptr, options string)) {
	t.Helper()
	folder = t.TempDir()
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, options); err != nil {
		t.Skipf("skipped: a file system of its own cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(folder, unix.MNT_DETACH) })
	return folder, func(flags uintptr, options string) {
		if err := unix.Mount("tmpfs", folder, "tmpfs", unix.MS_REMOUNT|flags, options); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFullDisk: a disk that fills up while a file is fetched ends the fetch, which goes on where there
// is room again.
func TestFullDisk(t *testing.T) {
	h, c := testHub(t, 400_000)
	cache, remount := disk(t, "size=256k")
	c.Cache = cache
	c.free = func(string) (int64, bool) { return 0, false } // as if another program had taken it since
	_, _, err := pull(c, "org/model", testNames...)
	if !errors.Is(err, ErrDisk) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	whole(t, h, c)
	remount(0, "size=1m")
	h.Requests()
	if _, _, err := pull(c, "org/model", testNames...); err != nil {
		t.Fatal(err)
	}
	whole(t, h, c)
	for _, r := range h.Requests() {
		if r.Storage && strings.HasPrefix(r.Range, "bytes=0-") {
			t.Errorf("fetched from the start: %+v", r)
		}
	}
	cache, _ = disk(t, "size=256k")
	c = testClient(h, cache)
	if _, _, err := pull(c, "org/model", testNames...); !errors.Is(err, ErrDisk) || !strings.Contains(err.Error(), "0.4 MB are needed and 0.3 are free in") || !strings.Contains(hintOf(err), "HF_HUB_CACHE") {
		t.Error(err, hintOf(err))
	}
}

// TestReadOnly: a cache that cannot be written serves what it has.
func TestReadOnly(t *testing.T) {
	h, c := testHub(t, 10_000)
	cache, remount := disk(t, "size=1m")
	c.Cache = cache
	if _, _, err := pull(c, "org/model", testNames[:3]...); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(cache + "/models--org--model/refs/main"); err != nil {
		t.Fatal(err)
	}
	remount(unix.MS_RDONLY, "")
	if s, fetched, err := pull(c, "org/model", testNames[:3]...); err != nil || len(fetched) != 0 || !s.Has("config.json") {
		t.Errorf("%v, %v", fetched, err)
	}
	_, _, err := pull(c, "org/model", testNames...)
	if !errors.Is(err, ErrDisk) || hintOf(err) == "" {
		t.Error(err)
	}
	if _, _, err := Remove(cache, Name{"org/model", Main}, false); !errors.Is(err, ErrDisk) {
		t.Error(err)
	}
	whole(t, h, c)
}

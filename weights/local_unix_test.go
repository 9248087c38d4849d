//go:build unix

package weights

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPipe would hang if a pipe were opened: nobody writes to it.
func TestPipe(t *testing.T) {
	dir := folder(t, map[string]string{"config.json": "{}"})
	pipe := filepath.Join(dir, "pipe.safetensors")
	if err := unix.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	device := filepath.Join(dir, "device.safetensors")
	if err := os.Symlink("/dev/zero", device); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, device} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path+": not a regular file") {
			t.Errorf("error is %v", err)
		}
	}
}

// TestHubCache opens a snapshot of the Hugging Face cache, whose files are links into its blobs.
func TestHubCache(t *testing.T) {
	dir := folder(t, map[string]string{"blobs/0": "{}", "blobs/1": string(one(four)), "snapshots/0/README.md": ""})
	snapshot := filepath.Join(dir, "snapshots", "0")
	for name, blob := range map[string]string{"config.json": "../../blobs/0", "model.safetensors": "../../blobs/1"} {
		if err := os.Symlink(blob, filepath.Join(snapshot, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := readAll(t, open(t, snapshot), "a", 1); got[0] != 0 {
		t.Error(got)
	}
}

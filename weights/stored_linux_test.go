package weights

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// residentBytes is how much of the mapping of path this process holds (proc_pid_smaps(5)).
func residentBytes(t *testing.T, path string) int64 {
	t.Helper()
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip("the kernel does not tell what is resident:", err)
	}
	defer smaps.Close()
	inside, resident := false, int64(-1)
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.Contains(line, "-") && strings.HasSuffix(line, path):
			inside = true
		case inside && strings.HasPrefix(line, "Rss:"):
			var kib int64
			if _, err := fmt.Sscanf(line, "Rss: %d kB", &kib); err != nil {
				t.Fatal(err)
			}
			resident, inside = kib<<10, false
		}
	}
	if resident < 0 {
		t.Fatal("no mapping of", path)
	}
	return resident
}

// TestPagesGoBack reads a checkpoint of which one tensor is larger than what may stay resident.
func TestPagesGoBack(t *testing.T) {
	const (
		small, large = 1 << 20, 64 << 20
		slack        = 4 << 20 // pages around a fault, and those that tensors share
	)
	tensors := []namedData{
		{TensorInfo{Name: "a", DType: "F32", Shape: []int{small / 4}}, make([]byte, small)},
		{TensorInfo{Name: "b", DType: "BF16", Shape: []int{large / 2}}, make([]byte, large)},
	}
	dir := folder(t, map[string]string{"config.json": "{}", "model.safetensors": string(writeSafetensors(tensors))})
	path := filepath.Join(dir, "model.safetensors")
	c := open(t, dir)
	if got := residentBytes(t, path); got > slack {
		t.Errorf("%d bytes are resident before anything is read", got)
	}

	readAll(t, c, "a", small/4)
	if got := residentBytes(t, path); got > slack {
		t.Errorf("%d bytes are resident after a tensor of %d was released", got, small)
	}

	b, err := c.Tensor("b", large/2)
	if err != nil {
		t.Fatal(err)
	}
	row, most := make([]float32, 1<<19), int64(0)
	for at := 0; at < large/2; at += len(row) {
		b.Read(row, at)
		most = max(most, residentBytes(t, path))
	}
	if most < releaseEvery/2 || most > releaseEvery+slack {
		t.Errorf("up to %d bytes were resident while reading, want about %d", most, releaseEvery)
	}
	b.Release()
	if got := residentBytes(t, path); got > slack {
		t.Errorf("%d bytes are resident after the release", got)
	}
}

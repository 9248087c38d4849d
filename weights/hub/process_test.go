package hub

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/weights/hub/hubtest"
)

// TestMain makes the test's program one that pulls org/model, where the environment says so.
func TestMain(m *testing.M) {
	if os.Getenv("HUB_TEST_PULL") == "" {
		os.Exit(m.Run())
	}
	settings, err := Environment()
	if err == nil {
		c := New(settings)
		c.part = 4 << 10
		_, _, err = pull(c, "org/model", testNames...)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// puller is a process that pulls org/model from h into a cache.
func puller(t *testing.T, h *hubtest.Hub, cache string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "HUB_TEST_PULL=1", "HF_ENDPOINT="+h.URL, "HF_HUB_CACHE="+cache)
	return cmd
}

// TestKill: a process that is killed at any byte leaves nothing wrong behind, and the next goes on
// from what it left.
func TestKill(t *testing.T) {
	const size = 40_000
	random := rand.New(rand.NewPCG(1, 2))
	resumed := 0
	for round := range 25 {
		h, c := testHub(t, size)
		cmd := puller(t, h, c.Cache)
		started := make(chan bool)
		at := random.IntN(8) // the answer in which it dies
		fault := hubtest.Fault{Kind: hubtest.Stall, At: random.Float64(), Delay: time.Duration(random.IntN(3)) * time.Millisecond}
		var answers atomic.Int64
		h.Put(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			<-started
			if r.Method != http.MethodGet || int(answers.Add(1)-1) < at {
				serve(w, r)
				return
			}
			defer cmd.Process.Kill()
			fault.Answer(w, r, serve)
		})
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		close(started)
		cmd.Wait()
		h.Put(nil)
		whole(t, h, c)
		if beginnings, _ := filepath.Glob(filepath.Join(c.Cache, "*", "blobs", "*"+incomplete)); len(beginnings) > 0 {
			if info, err := os.Stat(beginnings[0]); err == nil && info.Size() > 0 {
				resumed++
			}
		}
		if s, _, err := pull(c, "org/model", testNames...); err != nil || !s.Has("model.safetensors") {
			t.Fatalf("round %d: %v", round, err)
		}
		whole(t, h, c)
		if lines := strings.Join(tree(t, c.Cache), "\n"); strings.Contains(lines, incomplete) {
			t.Fatalf("round %d:\n%s", round, lines)
		}
	}
	if resumed == 0 {
		t.Error("no process has been killed in the middle of a file")
	}
}

// TestTwoProcesses: processes that want the same fetch it once.
func TestTwoProcesses(t *testing.T) {
	h, c := testHub(t, 40_000)
	h.Put(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if ofStorage(r) {
			time.Sleep(2 * time.Millisecond) // so that they meet
		}
		serve(w, r)
	})
	var processes []*exec.Cmd
	for range 3 {
		cmd := puller(t, h, c.Cache)
		cmd.Stdout = os.Stdout
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, cmd)
	}
	for _, cmd := range processes {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	whole(t, h, c)
	stored := 0
	for _, r := range h.Requests() {
		if r.Storage {
			stored++
		}
	}
	if stored != 10 { // parts of 4096 bytes
		t.Errorf("%d requests for the large file", stored)
	}
}

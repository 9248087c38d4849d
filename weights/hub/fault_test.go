package hub

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/weights/hub/hubtest"
	"pgregory.net/rapid"
)

// TestFaults: whatever goes wrong on the way, nothing wrong is ever in the cache, and when nothing
// goes wrong any more a pull ends right.
func TestFaults(t *testing.T) {
	var injected [hubtest.FaultKinds]atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		h := hubtest.New()
		defer h.Close()
		commit := h.Add("org/model", testFiles(rapid.IntRange(0, 40_000).Draw(t, "bytes")))
		cache, err := os.MkdirTemp(memory(), "hub")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(cache)
		faults := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) hubtest.Fault {
			return hubtest.Fault{
				Kind:  hubtest.FaultKind(rapid.IntRange(0, int(hubtest.FaultKinds)-1).Draw(t, "kind")),
				At:    rapid.Float64Range(0, 1).Draw(t, "at"),
				Delay: time.Second,
			}
		}), 0, 8).Draw(t, "faults")
		var mu sync.Mutex
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		h.Put(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			mu.Lock()
			if len(faults) == 0 || random.IntN(3) > 0 {
				mu.Unlock()
				serve(w, r)
				return
			}
			f := faults[0]
			faults = faults[1:]
			mu.Unlock()
			injected[f.Kind].Add(1)
			f.Answer(w, r, serve)
		})
		pending := func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(faults) > 0
		}
		for try := 0; ; try++ {
			c := testClient(h, cache)
			c.ReadTimeout, c.AnswerTimeout = 40*time.Millisecond, 40*time.Millisecond
			more := pending()
			if try == 10 {
				h.Put(nil)
				c.ReadTimeout, c.AnswerTimeout, more = 10*time.Second, 10*time.Second, false
			}
			s, _, err := pull(c, "org/model", testNames...)
			whole(t, h, c)
			var timeout *problem
			switch {
			case err != nil && !errors.As(err, &timeout):
				t.Fatalf("an error that no exit code fits: %v", err)
			case err != nil && !more && try >= 10:
				t.Fatalf("with nothing wrong any more: %v", err)
			case err == nil:
				if s.Commit != commit {
					t.Fatalf("commit %s", s.Commit)
				}
				for _, file := range testNames {
					if s.Has(file) != (file != "added_tokens.json") {
						t.Fatalf("%s: has %v", file, s.Has(file))
					}
				}
				if lines := strings.Join(tree(t, cache), "\n"); strings.Contains(lines, incomplete) || strings.Contains(lines, ".tmp") {
					t.Fatalf("left behind:\n%s", lines)
				}
				return
			}
		}
	})
	all := int64(0)
	for kind := range injected {
		n := injected[kind].Load()
		if all += n; n == 0 && !testing.Short() {
			t.Errorf("no %v has been tried", hubtest.FaultKind(kind))
		}
	}
	if all < 200 && !testing.Short() { // in which rapid tries less
		t.Errorf("%d faults, fewer than 200", all)
	}
	t.Logf("%d faults", all)
}

// spoil puts the same fault into every answer that f accepts.
func spoil(h *hubtest.Hub, fault hubtest.Fault, f func(r *http.Request) bool) {
	h.Put(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if f(r) {
			fault.Answer(w, r, serve)
		} else {
			serve(w, r)
		}
	})
}

// ofStorage accepts requests to where large files lie.
func ofStorage(r *http.Request) bool { return r.URL.Query().Has("Signature") }

func always(*http.Request) bool { return true }

// TestStubborn: what stays wrong ends with an error that says what, of the right kind.
func TestStubborn(t *testing.T) {
	isHead := func(r *http.Request) bool { return r.Method == http.MethodHead }
	for _, test := range []struct {
		kind  hubtest.FaultKind
		where func(*http.Request) bool
		want  string
	}{
		{hubtest.Corrupt, ofStorage, "model.safetensors: damaged: its SHA-256 is "},
		{hubtest.Cut, ofStorage, "unexpected EOF"},
		{hubtest.Cut, isHead, "EOF"},
		{hubtest.Stall, isHead, "no answer within 30ms"},
		{hubtest.Stall, ofStorage, "nothing came for 30ms"},
		{hubtest.Short, ofStorage, "bytes where 10000 are announced"},
		{hubtest.OtherRange, ofStorage, "it sends \"bytes 0-0/10000\""},
		{hubtest.Loop, always, "redirected more than 10 times"},
		{hubtest.Loop, ofStorage, "redirected more than 10 times"},
		{hubtest.NoHash, always, "not an answer of a hub: X-Repo-Commit is \"\""},
		{hubtest.Unavailable, always, "answers 503 Service Unavailable"},
		{hubtest.Forbidden, always, "the hub refuses: 127.0.0.1"},
		{hubtest.Forbidden, ofStorage, "answers 403 Forbidden"},
	} {
		h, c := testHub(t, 10_000)
		switch { // the others take what a busy machine takes
		case strings.HasPrefix(test.want, "no answer"):
			c.AnswerTimeout = 30 * time.Millisecond
		case strings.HasPrefix(test.want, "nothing came"):
			c.ReadTimeout = 30 * time.Millisecond
		}
		if test.kind == hubtest.Short || test.kind == hubtest.Cut || test.kind == hubtest.Stall {
			c.part = 1 << 20
		}
		spoil(h, hubtest.Fault{Kind: test.kind, Delay: time.Second}, test.where)
		_, _, err := pull(c, "org/model", testNames...)
		if !errors.Is(err, ErrNetwork) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %q", test.kind, err, test.want)
		}
		whole(t, h, c)
	}
}

// TestCorrupt: content that is wrong again is deleted, and that is said.
func TestCorrupt(t *testing.T) {
	h, c := testHub(t, 10_000)
	var told []string
	c.Notice = func(text string) { told = append(told, text) }
	spoil(h, hubtest.Fault{Kind: hubtest.Corrupt, At: 0.5}, ofStorage)
	_, _, err := pull(c, "org/model", testNames...)
	if !errors.Is(err, errMismatch) || !strings.HasSuffix(err.Error(), "; it has been deleted") {
		t.Error(err)
	}
	if len(told) != 1 || !strings.HasSuffix(told[0], "it is deleted and fetched once more") {
		t.Error(told)
	}
	if lines := strings.Join(tree(t, c.Cache), "\n"); strings.Contains(lines, incomplete) || strings.Contains(lines, "refs/main") {
		t.Error(lines)
	}
}

// TestRetryAfter: the hub says when to ask again, within reason.
func TestRetryAfter(t *testing.T) {
	h, c := testHub(t, 10)
	var waited []time.Duration
	c.sleep = func(_ context.Context, d time.Duration) error {
		waited = append(waited, d)
		return nil
	}
	refuse := func(times int, after string) {
		h.Put(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			if times--; times < 0 {
				serve(w, r)
				return
			}
			w.Header().Set("Retry-After", after)
			w.WriteHeader(http.StatusTooManyRequests)
		})
	}
	refuse(3, "7")
	if _, _, err := pull(c, "org/model", "config.json"); err != nil || len(waited) != 3 || waited[0] < 7*time.Second {
		t.Errorf("%v, waited %v", err, waited)
	}
	refuse(1, time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
	if _, _, err := pull(c, "org/model", "config.json"); err != nil || waited[3] < 55*time.Second {
		t.Errorf("%v, waited %v", err, waited)
	}
	refuse(1, "3600")
	_, _, err := pull(c, "org/model", "config.json")
	if !errors.Is(err, ErrNetwork) || len(waited) != 4 || !strings.Contains(err.Error(), "asked again in 1h0m0s") || !strings.Contains(hintOf(err), "HF_TOKEN") {
		t.Errorf("%v, %q, waited %v", err, hintOf(err), waited)
	}
	refuse(0, "")
	if c.sleep = sleep; c.sleep(t.Context(), 0) != nil {
		t.Error("sleep")
	}
}

// TestResume: what came before a cut is not fetched again, also by the next process.
func TestResume(t *testing.T) {
	h, c := testHub(t, 100_000)
	c.part = 1 << 20
	spoil(h, hubtest.Fault{Kind: hubtest.Cut, At: 0.6}, ofStorage)
	tries := 0
	c.sleep = func(context.Context, time.Duration) error {
		tries++
		if tries == 2 {
			return context.DeadlineExceeded // as if the process ended
		}
		return nil
	}
	if _, _, err := pull(c, "org/model", testNames...); err == nil {
		t.Fatal("pulled")
	}
	h.Put(nil)
	h.Requests()
	c = testClient(h, c.Cache)
	c.part = 1 << 20
	if _, _, err := pull(c, "org/model", testNames...); err != nil {
		t.Fatal(err)
	}
	whole(t, h, c)
	for _, r := range h.Requests() {
		if r.Storage && r.Range != "bytes=84000-99999" { // 0.6, and of the rest 0.6
			t.Errorf("%+v", r)
		}
	}
}

// TestToken: it goes to the hub alone.
func TestToken(t *testing.T) {
	h, c := testHub(t, 20_000)
	h.Repos["org/model"].Token = "hf_secret"
	h.Names["model"] = "org/model"
	if _, _, err := pull(c, "org/model", testNames...); !errors.Is(err, ErrNetwork) || !strings.Contains(err.Error(), "no such model") {
		t.Error(err)
	}
	c.Token = "hf_secret"
	h.Requests()
	if _, _, err := pull(c, "model", testNames...); err != nil {
		t.Fatal(err)
	}
	stored := 0
	for _, r := range h.Requests() {
		if r.Storage {
			stored++
		}
		if want := map[bool]string{false: "Bearer hf_secret", true: ""}[r.Storage]; r.Token != want {
			t.Errorf("%+v", r)
		}
	}
	if stored == 0 {
		t.Error("nothing came from where large files lie")
	}
	// To another scheme of the same host neither.
	hub, _ := http.NewRequest("GET", "https://hub.example/a", nil)
	plain, _ := http.NewRequest("GET", "http://hub.example/a", nil)
	if err := checkRedirect(plain, []*http.Request{hub}); !errors.Is(err, errDowngrade) {
		t.Error(err)
	}
}

// TestSpace: too little room is found out before anything is fetched.
func TestSpace(t *testing.T) {
	h, c := testHub(t, 10_000)
	c.free = func(string) (int64, bool) { return 9_000, true }
	_, fetched, err := pull(c, "org/model", testNames...)
	if !errors.Is(err, ErrDisk) || !errors.Is(err, syscall.ENOSPC) || len(fetched) != 0 {
		t.Errorf("%v, %v", fetched, err)
	}
	for _, r := range h.Requests() {
		if r.Method != http.MethodHead {
			t.Errorf("%+v", r)
		}
	}
	if free, known := freeBytes(c.Cache); !known || free < 1<<20 {
		t.Errorf("%d bytes are free", free)
	}
	// What is there already needs no room.
	c.free = func(string) (int64, bool) { return 10_100, true }
	if _, _, err := pull(c, "org/model", testNames...); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(c.Cache, "models--org--model", "refs", "main")); err != nil {
		t.Error(err)
	}
}

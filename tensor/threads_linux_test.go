package tensor

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// TestPinned: with as many workers as processors, each but the caller stays on one of its own.
// A pool that is made where fewer may be used pins none and does not spin.
func TestPinned(t *testing.T) {
	cpus := processors()
	if len(cpus) < 2 || len(cpus) != runtime.GOMAXPROCS(0) {
		t.Skipf("%d processors for %d threads of Go: nothing is pinned", len(cpus), runtime.GOMAXPROCS(0))
	}
	p := NewPool(len(cpus))
	defer p.Close()
	var mu sync.Mutex
	seen := map[int][]int{}
	where := func(worker, _, _ int) {
		if worker == 0 {
			time.Sleep(20 * time.Millisecond) // so that the caller does not do the others' parts
		}
		mu.Lock()
		defer mu.Unlock()
		seen[worker] = processors()
	}
	p.split(len(cpus), 1, where)
	for i := 1; i < len(cpus); i++ {
		if !slices.Equal(seen[i], cpus[i:i+1]) {
			t.Errorf("worker %d runs on processors %v, not on %d", i, seen[i], cpus[i])
		}
	}
	if !slices.Equal(seen[0], cpus) {
		t.Errorf("the caller may run on %v, not on %v", seen[0], cpus)
	}

	var narrow *Pool
	done := make(chan struct{})
	go func() { // its thread ends with it
		defer close(done)
		runtime.LockOSThread()
		pin(cpus[1])
		narrow = NewPool(len(cpus))
	}()
	<-done
	defer narrow.Close()
	narrow.split(len(cpus), 1, where)
	if narrow.spin != 0 || len(seen[1]) < 1 {
		t.Errorf("on one processor workers spin for %v", narrow.spin)
	}
}

// TestFault: memory that cannot be read, a file's that was cut, is a panic with the address,
// whichever worker's kernel reads it.
func TestFault(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "mapped"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 1 << 16
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(data)
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	numbers := unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), size/4)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // for a part that the caller does
	p := NewPool(3)
	defer p.Close()
	for culprit := 1; culprit < 3; culprit++ {
		func() {
			defer func() {
				r := recover()
				if _, ok := r.(interface{ Addr() uintptr }); !ok {
					t.Errorf("worker %d: %v", culprit, r)
				}
			}()
			p.split(3, 1, func(worker, _, _ int) {
				if worker == culprit {
					kernel.Backends()[0].Sum(numbers)
				}
			})
		}()
	}
}

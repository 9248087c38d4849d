package tensor

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// TestFewerProcessors: a pool that is made where a process may use fewer processors than it has
// workers does not spin, and serves.
func TestFewerProcessors(t *testing.T) {
	all := processors()
	done := make(chan *Pool)
	go func() { // its thread ends with it
		runtime.LockOSThread()
		var one unix.CPUSet
		one.Set(firstProcessor(t))
		if err := unix.SchedSetaffinity(0, &one); err != nil {
			t.Error(err)
		}
		if n := processors(); n != 1 {
			t.Errorf("%d processors, where one is allowed", n)
		}
		done <- NewPool(2)
	}()
	p := <-done
	defer p.Close()
	var parts atomic.Int32
	p.split(2, 1, func(int, int, int) { parts.Add(1) })
	if p.spin != 0 || parts.Load() != 2 {
		t.Errorf("on one of %d processors workers spin for %v, %d of 2 parts are done", all, p.spin, parts.Load())
	}
}

func firstProcessor(t *testing.T) int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Error(err)
	}
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			return cpu
		}
	}
	t.Error("no processor is allowed")
	return 0
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

package main

import (
	"testing"
	"testing/fstest"
)

// files is a part of a system's file tree.
func files(texts map[string]string) fstest.MapFS {
	root := fstest.MapFS{}
	for name, text := range texts {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

func TestPhysicalCores(t *testing.T) {
	root := files(map[string]string{
		"sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0,2\n",
		"sys/devices/system/cpu/cpu1/topology/thread_siblings_list": "1,3\n",
		"sys/devices/system/cpu/cpu2/topology/thread_siblings_list": "0,2\n",
		"sys/devices/system/cpu/cpu3/topology/thread_siblings_list": "1,3\n",
	})
	for _, c := range []struct {
		cpus []int
		want int
	}{{[]int{0, 1, 2, 3}, 2}, {[]int{0, 2}, 1}, {[]int{2, 3}, 2}, {[]int{3}, 1}, {[]int{0, 8, 9}, 3}} {
		if got := physicalCores(root, c.cpus); got != c.want {
			t.Errorf("processors %v are %d cores, want %d", c.cpus, got, c.want)
		}
	}
}

func TestCPUQuota(t *testing.T) {
	for _, c := range []struct {
		name    string
		files   map[string]string
		want    float64
		limited bool
	}{
		{"no control groups", nil, 0, false},
		{"no limit", map[string]string{
			"proc/self/cgroup":            "0::/\n",
			"sys/fs/cgroup/cpu.max":       "max 100000\n",
			"sys/fs/cgroup/other/cpu.max": "50000 100000\n",
		}, 0, false},
		{"the tightest of the groups around", map[string]string{
			"proc/self/cgroup":          "0::/a/b\n",
			"sys/fs/cgroup/cpu.max":     "800000 100000\n",
			"sys/fs/cgroup/a/cpu.max":   "150000 100000\n",
			"sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
		}, 1.5, true},
		{"in a container the group is the root", map[string]string{
			"proc/self/cgroup":      "0::/docker/17\n",
			"sys/fs/cgroup/cpu.max": "50000 100000\n",
		}, 0.5, true},
		{"version 1", map[string]string{
			"proc/self/cgroup":                      "4:memory:/x\n3:cpu,cpuacct:/x\n0::/\n",
			"sys/fs/cgroup/cpu/x/cpu.cfs_quota_us":  "300000\n",
			"sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
		}, 3, true},
		{"version 1 without limit", map[string]string{
			"proc/self/cgroup":                    "3:cpu:/\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":  "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
		}, 0, false},
		{"nonsense", map[string]string{"proc/self/cgroup": "x\n0::/\n", "sys/fs/cgroup/cpu.max": "0 0\n"}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, limited := cpuQuota(files(c.files))
			if limited != c.limited || limited && got != c.want {
				t.Errorf("%v, %v; want %v, %v", got, limited, c.want, c.limited)
			}
		})
	}
}

func TestMemoryAvailable(t *testing.T) {
	const meminfo = "MemTotal:  8000 kB\nMemFree:  100 kB\nMemAvailable:    4000 kB\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
		known bool
	}{
		{"unknown", nil, 0, false},
		{"the system's", map[string]string{"proc/meminfo": meminfo}, 4000 * 1024, true},
		{"version 2", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a\n",
			"sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory.current": "1\n",
			"sys/fs/cgroup/a/memory.max": "1000000\n", "sys/fs/cgroup/a/memory.current": "700000\n",
			"sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 200000\n",
		}, 500000, true},
		{"version 1", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "9:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "1200000\n",
		}, 0, true},
		{"version 1 without limit", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "9:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "1200000\n",
		}, 4000 * 1024, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, known := memoryAvailable(files(c.files))
			if got != c.want || known != c.known {
				t.Errorf("%d, %v; want %d, %v", got, known, c.want, c.known)
			}
		})
	}
}

// What the real system says is at least possible.
func TestThisMachine(t *testing.T) {
	if n := defaultThreads(); n < 1 || n > len(allowedCPUs()) {
		t.Errorf("%d threads on %d processors", n, len(allowedCPUs()))
	}
}

func TestOnlineCPUs(t *testing.T) {
	for text, want := range map[string]int{"0-3,8\n": 5, "0\n": 1, "0-127": 128, "": 0, "3-1": 0, "a": 0} {
		if got := onlineCPUs(files(map[string]string{"sys/devices/system/cpu/online": text})); got != want {
			t.Errorf("%q is %d processors, want %d", text, got, want)
		}
	}
	if got := onlineCPUs(files(nil)); got != 0 {
		t.Errorf("no file is %d processors", got)
	}
}

package main

import (
	"bufio"
	"io/fs"
	"math"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// maxThreads is far beyond what speeds GPT-2 up, and few enough to start.
const maxThreads = 1024

// defaultThreads is the number of physical cores that this process may use: hyperthreads share
// the arithmetic units that a kernel keeps busy alone.
func defaultThreads() int {
	root := os.DirFS("/")
	threads := float64(min(physicalCores(root, allowedCPUs()), runtime.GOMAXPROCS(0)))
	if quota, limited := cpuQuota(root); limited {
		threads = min(threads, quota)
	}
	return max(1, int(threads))
}

// allCPUs numbers the processors where the system does not tell which it allows.
func allCPUs() (cpus []int) {
	for cpu := range runtime.NumCPU() {
		cpus = append(cpus, cpu)
	}
	return cpus
}

// onlineCPUs counts the logical processors of the machine, 0 where the system does not tell: a list
// such as 0-3,8.
func onlineCPUs(root fs.FS) (n int) {
	text, _ := fs.ReadFile(root, "sys/devices/system/cpu/online")
	for part := range strings.SplitSeq(strings.TrimSpace(string(text)), ",") {
		from, to, ok := strings.Cut(part, "-")
		if !ok {
			to = from
		}
		first, errFirst := strconv.Atoi(from)
		last, errLast := strconv.Atoi(to)
		if errFirst != nil || errLast != nil || last < first {
			return 0
		}
		n += last - first + 1
	}
	return n
}

// physicalCores counts the cores that these logical processors belong to, each once.
func physicalCores(root fs.FS, cpus []int) int {
	cores := map[string]bool{}
	for _, cpu := range cpus {
		siblings, err := fs.ReadFile(root, path.Join("sys/devices/system/cpu", "cpu"+strconv.Itoa(cpu), "topology/thread_siblings_list"))
		if err != nil {
			siblings = []byte(strconv.Itoa(cpu))
		}
		cores[string(siblings)] = true
	}
	return len(cores)
}

// cpuQuota is how many processors' time the control groups of this process grant it.
func cpuQuota(root fs.FS) (processors float64, limited bool) {
	processors = math.Inf(1)
	for _, dir := range controlGroups(root, "cpu") {
		text, _ := fs.ReadFile(root, path.Join(dir, "cpu.max")) // version 2: "QUOTA PERIOD" or "max PERIOD"
		if fields := strings.Fields(string(text)); len(fields) == 2 {
			quota, errQuota := strconv.ParseFloat(fields[0], 64)
			period, errPeriod := strconv.ParseFloat(fields[1], 64)
			if errQuota == nil && errPeriod == nil && quota > 0 && period > 0 {
				processors, limited = min(processors, quota/period), true
			}
		}
		quota, okQuota := readInt(root, path.Join(dir, "cpu.cfs_quota_us")) // version 1: -1 is no limit
		period, okPeriod := readInt(root, path.Join(dir, "cpu.cfs_period_us"))
		if okQuota && okPeriod && quota > 0 && period > 0 {
			processors, limited = min(processors, float64(quota)/float64(period)), true
		}
	}
	return processors, limited
}

// memoryAvailable is how much memory this process can get without pushing anything out: what the
// system has left, or less where a control group limits it. False where the system does not tell.
func memoryAvailable(root fs.FS) (bytes int64, known bool) {
	bytes, known = readKey(root, "proc/meminfo", "MemAvailable:")
	if !known {
		return 0, false
	}
	bytes *= 1024
	for _, dir := range controlGroups(root, "memory") {
		for _, v := range []struct{ limit, usage, reclaimable string }{
			{"memory.max", "memory.current", "inactive_file"},                         // version 2
			{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}, // version 1
		} {
			limit, okLimit := readInt(root, path.Join(dir, v.limit))
			usage, okUsage := readInt(root, path.Join(dir, v.usage))
			if okLimit && okUsage {
				reclaimable, _ := readKey(root, path.Join(dir, "memory.stat"), v.reclaimable)
				bytes = min(bytes, max(0, limit-usage+reclaimable))
			}
		}
	}
	return bytes, true
}

// controlGroups are the folders of the control groups, of either version, that hold this process
// and have that controller, with those around them. A container sees its own as the root.
func controlGroups(root fs.FS, controller string) (folders []string) {
	text, _ := fs.ReadFile(root, "proc/self/cgroup")
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // hierarchy:controllers:path
		if len(parts) != 3 {
			continue
		}
		var mount string
		switch {
		case parts[1] == "":
			mount = "sys/fs/cgroup"
		case strings.Contains(","+parts[1]+",", ","+controller+","):
			mount = path.Join("sys/fs/cgroup", controller)
		default:
			continue
		}
		for group := path.Join("/", parts[2]); ; group = path.Dir(group) {
			folders = append(folders, path.Join(mount, group))
			if group == "/" {
				break
			}
		}
	}
	return folders
}

func readInt(root fs.FS, name string) (int64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// readKey reads the number behind key in a file of lines "key number …".
func readKey(root fs.FS, name, key string) (int64, bool) {
	file, err := root.Open(name)
	if err != nil {
		return 0, false
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == key {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

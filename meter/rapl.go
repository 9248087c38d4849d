package meter

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// RAPL reads what the processor's packages and their memory have drawn, from the counters that
// Linux's powercap shows (Documentation/power/powercap, "Power Zones"). They count for the whole
// machine, whoever used it. One goroutine at a time uses it.
type RAPL struct {
	files fs.FS
	zones []zone
}

// A zone is one counter. It counts microjoules and starts over after limit.
type zone struct {
	folder string
	limit  uint64
	last   uint64
	joules float64 // since Open
}

// PowercapRoot is where Linux shows the counters.
const PowercapRoot = "/sys/class/powercap"

// ErrNoRAPL is the error for a machine without counters, as most virtual ones are.
var ErrNoRAPL = errors.New("no RAPL counters")

// OpenRAPL finds the counters of all packages below files, which is PowercapRoot. It is an error
// if there are none (ErrNoRAPL), or if one cannot be read, since a sum without it would be wrong.
func OpenRAPL(files fs.FS) (*RAPL, error) {
	folders, err := fs.Glob(files, "intel-rapl:*")
	if err != nil {
		return nil, err
	}
	r := &RAPL{files: files}
	for _, folder := range folders {
		name, err := readWord(files, path.Join(folder, "name"))
		if err != nil {
			return nil, err
		}
		// A package's counter has its cores' in it, but not its memory's; psys has everything twice.
		if !strings.HasPrefix(name, "package-") && name != "dram" {
			continue
		}
		z := zone{folder: folder}
		if z.limit, err = readNumber(files, path.Join(folder, "max_energy_range_uj")); err != nil {
			return nil, err
		}
		if z.last, err = z.read(files); err != nil {
			return nil, err
		}
		r.zones = append(r.zones, z)
	}
	if len(r.zones) == 0 {
		return nil, ErrNoRAPL
	}
	return r, nil
}

// Joules is what has been drawn since OpenRAPL. It has to be called before a counter has gone half
// round, which takes minutes at full load: one that seems to have gone farther has been set back,
// as by a machine that slept, and is an error.
func (r *RAPL) Joules() (float64, error) {
	var sum float64
	for i := range r.zones {
		z := &r.zones[i]
		now, err := z.read(r.files)
		if err != nil {
			return 0, err
		}
		gone := now - z.last
		if now < z.last {
			gone = z.limit - z.last + now + 1 // it counts from 0 to limit
		}
		if gone > z.limit/2 {
			return 0, fmt.Errorf("%s/energy_uj: it was set back from %d to %d", z.folder, z.last, now)
		}
		z.last = now
		z.joules += float64(gone) / 1e6
		sum += z.joules
	}
	return sum, nil
}

func (z *zone) read(files fs.FS) (uint64, error) {
	return readNumber(files, path.Join(z.folder, "energy_uj"))
}

func readNumber(files fs.FS, name string) (uint64, error) {
	word, err := readWord(files, name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %q is no number", name, word)
	}
	return n, nil
}

func readWord(files fs.FS, name string) (string, error) {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return "", fmt.Errorf("energy counter: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

package meter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// peakFile is what the file of peaks holds.
type peakFile struct {
	Version int     `json:"version"`
	Machine Machine `json:"machine"`
	Peaks   []Peak  `json:"peaks"`
}

// peakVersion changes when what the probes do, or what the file says of it, changes.
const peakVersion = 1

const maxPeakFile = 1 << 20

// ErrOtherMachine is the error for a file of peaks that another machine, or another version of
// this program, has measured.
var ErrOtherMachine = errors.New("its peaks are another machine's or version's")

// PeakFile is where the peaks of this machine are kept: gptmeter/peaks.json in the user's folder
// for what can be made again.
func PeakFile() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, "gptmeter", "peaks.json"), nil
}

// ReadPeaks reads the peaks of this machine from a file. The error for one that is not there is
// fs.ErrNotExist, for one of another machine ErrOtherMachine.
func ReadPeaks(path string) (*Peaks, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPeakFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxPeakFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxPeakFile)
	}
	p := NewPeaks()
	if err := p.parse(text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

func (p *Peaks) parse(text []byte) error {
	var f peakFile
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	if f.Version != peakVersion || !f.Machine.Equal(p.machine) {
		return ErrOtherMachine
	}
	for i, q := range f.Peaks {
		if !slices.Contains(Limits, q.Limit) || q.Threads < 1 || len(q.Samples) == 0 {
			return fmt.Errorf("peak %d: %s on %d threads with %d samples is none", i, q.Limit, q.Threads, len(q.Samples))
		}
		for _, rate := range q.Samples {
			if !(rate > 0) || math.IsInf(rate, 0) {
				return fmt.Errorf("peak %d: %v is no rate", i, rate)
			}
		}
		if p.find(q) != nil {
			return fmt.Errorf("peak %d: it is there twice", i)
		}
		p.list = append(p.list, q)
	}
	return nil
}

// Write writes the peaks to a file, which is either replaced whole or left as it was.
func (p *Peaks) Write(path string) error {
	text, err := json.MarshalIndent(peakFile{Version: peakVersion, Machine: p.machine, Peaks: p.list}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return writeWhole(path, append(text, '\n'))
}

// writeWhole writes beside the file first, and then puts that in its place.
func writeWhole(path string, data []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	if _, err = file.Write(data); err != nil {
		file.Close()
		return err
	}
	if err = file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

package benchmarks

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/gptmeter/gptmeter/meter"
)

// reportVersion changes when a field of a Report means something else. Reports of before it was
// written have none; they are of version 1.
const reportVersion = 1

const maxReport = 64 << 20

// ReadReport reads the report of a sweep that `bench -o json` has written.
func ReadReport(path string) (*Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxReport+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxReport {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxReport)
	}
	r, err := parseReport(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func parseReport(text []byte) (*Report, error) {
	// A version comes first: what else there is may have other types in another.
	of := struct {
		Version int             `json:"version"`
		Results json.RawMessage `json:"results"`
	}{Version: reportVersion}
	if err := json.Unmarshal(text, &of); err != nil {
		return nil, fmt.Errorf("not a report of bench -o json: %w", err)
	}
	if of.Version != reportVersion {
		return nil, fmt.Errorf("a report of version %d, and this program reads version %d", of.Version, reportVersion)
	}
	if of.Results == nil {
		return nil, errors.New("not a report of bench -o json: it has no results")
	}
	r := &Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("not a report of bench -o json: %w", err)
	}
	r.Version = of.Version
	for i := range r.Results {
		if err := r.Results[i].check(); err != nil {
			return nil, fmt.Errorf("result %d: %w", i, err)
		}
	}
	return r, nil
}

// check finds what no test can have shown.
func (x Result) check() error {
	switch {
	case x.Length() < 1:
		return fmt.Errorf("%q is no test", x.Test)
	case x.Phase != meter.Prefill.String() && x.Phase != meter.Decode.String():
		return fmt.Errorf("%q is no phase", x.Phase)
	case x.Batch < 1 || x.Threads < 1 || x.Depth < 0:
		return fmt.Errorf("batch %d, %d threads, depth %d", x.Batch, x.Threads, x.Depth)
	case x.Flops < 0 || x.BytesRead < 0 || x.FlopsPerSecond < 0:
		return errors.New("a count is negative")
	}
	for _, rate := range append([]float64{x.TokensPerSecond.Median}, x.TokensPerSecond.Samples...) {
		if !(rate > 0) || math.IsInf(rate, 0) {
			return fmt.Errorf("%v tokens/s", rate)
		}
	}
	return nil
}

// Length is how many tokens each sequence reads or makes: 512 of pp512; 0 if the test's name does
// not say.
func (x Result) Length() int {
	digits := strings.TrimLeft(x.Test, "ptg")
	n, err := strconv.Atoi(digits)
	if name := strings.TrimSuffix(x.Test, digits); err != nil || name != "pp" && name != "tg" {
		return 0
	}
	return n
}

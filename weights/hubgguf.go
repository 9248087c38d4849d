package weights

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/weights/hub"
)

// ggufTypes are the formats that the names of GGUF files state, those that lose least first.
var ggufTypes = []string{"F32", "BF16", "F16", "Q8_0", "Q6_K", "Q5_1", "Q5_0", "Q5_K", "Q4_1", "Q4_0", "Q4_K"}

// ggufType finds the format in the name of a file, such as gpt2.Q8_0.gguf or gpt2-f16.gguf.
var ggufType = regexp.MustCompile(`(?i)[.-](F32|BF16|FP16|F16|Q[4-8]_(?:0|1|K))(?:_[SML])?\.gguf$`)

// chooseGGUF chooses among the GGUF files of a repository: the only one, or the one whose name states
// the format that loses least. It is "" if there is none.
func chooseGGUF(files []string) (string, error) {
	files = slices.DeleteFunc(slices.Clone(files), func(f string) bool { return !isGGUF(f) })
	if len(files) < 2 {
		return strings.Join(files, ""), nil
	}
	best, least := "", len(ggufTypes)
	for _, f := range files {
		if m := ggufType.FindStringSubmatch(f); m != nil {
			stated := strings.Replace(strings.ToUpper(m[1]), "FP16", "F16", 1)
			if rank := slices.Index(ggufTypes, stated); rank >= 0 && rank < least {
				best, least = f, rank
			}
		}
	}
	if best == "" {
		return "", withHint(fmt.Errorf("of %d .gguf files no name states a format that is read here", len(files)), "download the one that is wanted, and name the file")
	}
	return best, nil
}

// gguf finds the GGUF file of a repository that has weights in no other form; "" if it has none.
func (p *Pulled) gguf(ctx context.Context) ([]hub.Entry, error) {
	files, err := p.Snapshot.Listing(ctx)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(weightFiles, func(f string) bool { return slices.Contains(files, f) }) {
		return nil, nil
	}
	file, err := chooseGGUF(files)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Snapshot.Name, err)
	}
	if file == "" {
		return nil, nil
	}
	return p.Snapshot.Entries(ctx, file)
}

// ggufIn is the path of the GGUF file in a snapshot that has weights in no other form; "" if there is
// none.
func ggufIn(s *hub.Snapshot) string {
	if slices.ContainsFunc(weightFiles, s.Has) {
		return ""
	}
	entries, err := os.ReadDir(s.Folder)
	if err != nil {
		return ""
	}
	var files []string
	for _, e := range entries {
		files = append(files, e.Name())
	}
	if file, err := chooseGGUF(files); err == nil && file != "" && s.Has(file) {
		return filepath.Join(s.Folder, file)
	}
	return ""
}

package price

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// address is where a page can be found.
var address = regexp.MustCompile(`[a-z0-9-]+\.(com|org|gov|us)\b`)

// The presets that there are to be; each figure of one has a source that can be visited, or else
// says that it is an example, in a preset that is called so.
func TestSources(t *testing.T) {
	names := Presets()
	for _, want := range []string{"rented-2", "rented-4", "rented-8", "rented-16", "workstation-mac-mini", "example-workstation", "example-owned-server"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, name := range names {
		p, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if example := strings.Contains(p.Source, "example"); example != p.Example() {
			t.Errorf("%s: its source is %q", name, p.Source)
		}
		for _, k := range Keys() {
			source := p.Of(k.Table()).Source
			example := strings.Contains(source, "example")
			switch {
			case !p.Has(k) || k == Headroom || k == SpareMachines: // which somebody decides
			case example && !p.Example():
				t.Errorf("%s: %s is an example: %s", name, k, source)
			case !example && !address.MatchString(source):
				t.Errorf("%s: %s has no source to look at: %s", name, k, source)
			}
		}
	}
}

package price

import (
	"embed"
	"path"
	"slices"
	"strings"
)

//go:embed presets/*.toml
var presets embed.FS

const extension = ".toml"

// Presets lists the names of the prices inside the binary: those with sources, then the examples.
func Presets() (names []string) {
	files, err := presets.ReadDir("presets")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), extension))
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return rank(a) - rank(b)
	})
	return names
}

func rank(name string) int {
	if strings.HasPrefix(name, ExamplePrefix) {
		return 1
	}
	return 0
}

// Preset is the preset of that name; its error is an *UnknownError where there is none.
func Preset(name string) (*Price, error) {
	if !slices.Contains(Presets(), name) {
		return nil, &UnknownError{What: "price", Word: name, Known: Presets()}
	}
	text, err := presets.ReadFile(path.Join("presets", name+extension))
	if err != nil {
		return nil, err
	}
	p, err := Parse(name, text)
	if err != nil {
		return nil, err
	}
	p.Preset = true
	return p, nil
}

package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// luminance is the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	l := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

// Text, and what a picture shows, stands out from what is behind it, in light and in dark: by
// WCAG 2.2, AA, 4.5 to 1 for text and 3 to 1 for graphics.
func TestContrast(t *testing.T) {
	light, dark, found := strings.Cut(style, "prefers-color-scheme: dark")
	if !found {
		t.Fatal("the style has no dark colours")
	}
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, c := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6})`).FindAllStringSubmatch(text, -1) {
			colours[c[1]] = c[2]
		}
		if len(colours) != 12 {
			t.Errorf("%s: %d colours, want 12", scheme, len(colours))
		}
		for _, pair := range []struct {
			front, behind string
			least         float64
		}{
			{"text", "page", 4.5}, {"text", "card", 4.5}, {"text", "notice", 4.5}, {"soft", "page", 4.5}, {"soft", "card", 4.5},
			{"page", "text", 4.5}, // numbers in marks
			{"first", "page", 3}, {"second", "page", 3}, {"now", "page", 3}, {"first", "track", 3}, {"soft", "page", 3},
		} {
			a, b := luminance(t, colours[pair.front]), luminance(t, colours[pair.behind])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < pair.least {
				t.Errorf("%s: %s on %s is %.2f to 1, want %v", scheme, pair.front, pair.behind, ratio, pair.least)
			}
		}
	}
}

package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
)

// written is the page of an answer.
func written(t testing.TB, a *bill.Answer) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, a, "gptmeter v1.2.3"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements lists the elements of a page, which has to be well-formed.
func elements(t testing.TB, page string) (list []xml.StartElement) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.Entity = false, xml.HTMLEntity
	d.AutoClose = append([]string{"wbr"}, xml.HTMLAutoClose...)
	for {
		token, err := d.Token()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			list = append(list, e.Copy())
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	i := slices.IndexFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == name })
	if i < 0 {
		return ""
	}
	return e.Attr[i].Value
}

// A page has all that the answer has, and nothing that it would have to fetch or run; names and
// sources are text, whatever stands in them.
func TestPage(t *testing.T) {
	page := written(t, answer(t, someQuery(t)))
	if again := written(t, answer(t, someQuery(t))); again != page {
		t.Error("the same answer is another page")
	}
	ids, pictures := map[string]bool{}, map[string]int{}
	for _, e := range elements(t, page) {
		switch e.Name.Local {
		case "script", "img", "iframe", "object", "b":
			t.Errorf("the page has a <%s>", e.Name.Local)
		case "svg":
			pictures[attribute(e, "class")]++
			for _, id := range strings.Fields(attribute(e, "aria-labelledby")) {
				if !strings.Contains(page, ` id="`+id+`">`) {
					t.Errorf("nothing is called %s", id)
				}
			}
		}
		if id := attribute(e, "id"); id != "" {
			if ids[id] {
				t.Errorf("two elements are called %s", id)
			}
			ids[id] = true
		}
		for _, name := range []string{"src", "href", "onload", "style"} {
			if value := attribute(e, name); value != "" && value != "data:," {
				t.Errorf("<%s %s=%q>", e.Name.Local, name, value)
			}
		}
	}
	if pictures["narrow"] != 5 || pictures["wide"] != 5 {
		t.Errorf("the page has %v pictures, want 5 of each", pictures)
	}
	if regexp.MustCompile(`url\(|@import|@font-face`).MatchString(style) {
		t.Error("the style fetches something")
	}
	for _, want := range []string{
		"<h1>31.32 USD a day</h1>", "example-&lt;script&gt;alert(&#39;a price&#39;)&lt;/script&gt; &amp; &#34;sons&#34;",
		"is an example: not all of its figures have been looked up", "&lt;b&gt;made up&lt;/b&gt;", "measured throughput", "<td>configured</td>",
		"Throughput, measured on AMD EPYC, 2 cores, avx512 kernels", "32 too slow", "gptmeter v1.2.3", "rented-2", "dtype f32 to int8", "<td>0.012</td>", "<td>same</td>", "<td>unmeasured</td>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// An answer that has less is a page that has less: no empty table, no picture of nothing.
func TestBarePage(t *testing.T) {
	q := someQuery(t)
	q.Lengths, q.Requests, q.Utilization = nil, nil, big.NewRat(1, 2)
	q.Compare, q.At, q.Peaks = nil, nil, bill.Roofline{}
	a := answer(t, q)
	a.Batches, a.Sensitivity, a.Day.Interval, a.Remarks, a.Levers = nil, nil, nil, nil, nil
	page := written(t, a)
	if n := strings.Count(page, "<svg"); n != 2 {
		t.Errorf("%d pictures, want those of the bill", n)
	}
	for _, absent := range []string{"h-tornado", "h-utilization", "h-batch", "h-roofline", "h-comparison", "h-break-even", "h-levers", "h-as", "notices\"", "<tbody></tbody>", "<nil>", "requests a day"} {
		if strings.Contains(page, absent) {
			t.Errorf("the page has %s", absent)
		}
	}
	elements(t, page)
}

// A projection to another model says what it assumes, and what training costs.
func TestProjection(t *testing.T) {
	q := someQuery(t)
	q.As = &bill.AsQuery{Parameters: big.NewRat(175_000_000_000, 1), TrainTokens: big.NewRat(300_000_000_000, 1)}
	q.Requests, q.Limits = big.NewRat(10, 1), bill.Limits{}
	page := written(t, answer(t, q))
	for _, want := range []string{"For a model of another size", "1.75 × 10^11", "3.5 × 10^11", "3.15 × 10^23", "machine days", "Throughput, estimated", "Kaplan et al. 2020"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	elements(t, page)
}

var numbers = regexp.MustCompile(` (x|y|x1|y1|x2|y2|cx|cy|width|height|d|viewBox)="([^"]*)"`)

// Whatever the load and the price are, pictures lie within their frames, and no number is lost.
func TestFrames(t *testing.T) {
	base := someQuery(t)
	for i := range base.Tests {
		base.Tests[i].Samples = nil // no draws of them
	}
	owned, err := price.Preset("example-owned-server")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		q := base
		q.Requests = big.NewRat(rapid.Int64Range(0, 1e9).Draw(t, "requests"), 1)
		q.Limits, q.ScaleThroughput = bill.Limits{}, true
		q.Price = owned.With(price.Purchase, big.NewRat(rapid.Int64Range(900, 1e12).Draw(t, "purchase"), 1)).
			With(price.PerKWh, big.NewRat(rapid.Int64Range(0, 1e6).Draw(t, "kWh"), 1000))
		if rapid.Bool().Draw(t, "by utilization") {
			q.Utilization, q.Requests = big.NewRat(rapid.Int64Range(0, 1000).Draw(t, "utilization"), 1000), nil
		}
		a, err := q.Answer()
		if err != nil {
			t.Skip(err)
		}
		var b bytes.Buffer
		if err := Write(&b, a, "gptmeter"); err != nil {
			t.Fatal(err)
		}
		for _, svg := range strings.Split(b.String(), "<svg ")[1:] {
			svg, _, _ = strings.Cut(svg, "</svg>")
			var width, height float64
			for _, n := range numbers.FindAllStringSubmatch(" "+svg, -1) {
				for i, text := range strings.FieldsFunc(n[2], func(r rune) bool { return r == ' ' || r == 'M' || r == 'L' }) {
					x, err := strconv.ParseFloat(text, 64)
					if err != nil || x != x {
						t.Fatalf("%s in %s", n[0], svg)
					}
					switch {
					case n[1] == "viewBox" && i == 2:
						width = x
					case n[1] == "viewBox" && i == 3:
						height = x
					case x < 0 || x > max(width, height):
						t.Fatalf("%s lies outside %v × %v", n[0], width, height)
					}
				}
			}
		}
	})
}

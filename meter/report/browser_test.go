package report

import (
	"context"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/gptmeter/gptmeter/meter/bill"
	"github.com/gptmeter/gptmeter/meter/price"
)

// browser starts a headless one, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell"}
	path := ""
	for i := 0; i < len(names) && path == ""; i++ {
		path, _ = exec.LookPath(names[i])
	}
	if path == "" {
		t.Skipf("nothing looks at the page: none of %s is installed", strings.Join(names, ", "))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...) // t.Context ends before the browser does
	t.Cleanup(stop)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits for it to end
			t.Error(err)
		}
	})
	return ctx
}

// complaints are what a browser has to say of a page, and what it has asked for.
type complaints struct {
	sync.Mutex
	list []string
}

func (c *complaints) add(format string, args ...any) {
	c.Lock()
	defer c.Unlock()
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

// listen takes down every error, and every request but that for page.
func (c *complaints) listen(ctx context.Context, page string) {
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if url := e.Request.URL; url != page && !strings.HasPrefix(url, "data:") {
				c.add("it asks for %s", url)
			}
		case *runtime.EventExceptionThrown:
			c.add("exception: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			c.add("console: %s", e.Type)
		case *log.EventEntryAdded:
			c.add("log: %s", e.Entry.Text)
		}
	})
}

// A look is what the script below sees of the page.
type look struct {
	Pictures []string `json:"pictures"` // that are to be seen, by title
	Missing  []string `json:"missing"`  // that have no size
	Beyond   []string `json:"beyond"`   // elements that reach over the right edge, or have more in them than fits
	Tables   []string `json:"tables"`   // the same of tables and what is in them
	Outside  []string `json:"outside"`  // texts of pictures that are cut off
	Overlaps []string `json:"overlaps"` // pairs of texts in a picture that lie on each other
	Page     string   `json:"page"`     // the colour behind all
	Text     string   `json:"text"`
	Figures  []string `json:"figures"` // colours in the pictures
	Width    float64  `json:"width"`   // of the whole page
	Small    float64  `json:"small"`   // the smallest text, in pixels of the screen
}

const script = `(() => {
  const seen = e => e.getClientRects().length > 0;
  const pictures = [...document.querySelectorAll('svg')].filter(seen);
  const out = {pictures: [], missing: [], beyond: [], tables: [], outside: [], overlaps: [], figures: [], small: 100};
  for (const e of document.querySelectorAll('main *')) {
    if (!seen(e) || e.closest('svg')) continue;
    const r = e.getBoundingClientRect();
    if (r.right > innerWidth + 0.5 || r.left < -0.5 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline')
      (e.closest('.scroll') ? out.tables : out.beyond).push(e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40));
    out.small = Math.min(out.small, parseFloat(getComputedStyle(e).fontSize));
  }
  for (const svg of pictures) {
    out.pictures.push(svg.querySelector('title').textContent);
    const frame = svg.getBoundingClientRect();
    if (frame.width < 250 || frame.height < 50) out.missing.push(svg.querySelector('title').textContent);
    const texts = [...svg.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
    for (const e of svg.querySelectorAll('text'))
      out.small = Math.min(out.small, parseFloat(getComputedStyle(e).fontSize) * frame.width / svg.viewBox.baseVal.width);
    texts.forEach(([text, r], i) => {
      if (r.left < frame.left - 1 || r.right > frame.right + 1 || r.top < frame.top - 1 || r.bottom > frame.bottom + 1) out.outside.push(text);
      for (const [other, s] of texts.slice(i + 1))
        if (r.left < s.right - 1 && s.left < r.right - 1 && r.top < s.bottom - 3 && s.top < r.bottom - 3) out.overlaps.push(text + ' / ' + other);
    });
    for (const e of svg.querySelectorAll('rect, path, circle')) {
      const s = getComputedStyle(e);
      for (const colour of [s.fill, s.stroke]) if (!out.figures.includes(colour)) out.figures.push(colour);
    }
  }
  out.page = getComputedStyle(document.body).backgroundColor;
  out.text = getComputedStyle(document.body).color;
  out.width = document.documentElement.scrollWidth;
  return out;
})()`

// A browser shows all of the page on a phone and on a desk, in light and in dark: every picture,
// nothing cut off or beyond the edge, no text too small to read. It has nothing to complain of, and
// asks for nothing else.
func TestBrowser(t *testing.T) {
	ctx := browser(t)
	path := filepath.Join(t.TempDir(), "report.html")
	url := "file://" + filepath.ToSlash(path)
	var c complaints
	c.listen(ctx, url)
	looks := map[string]look{}
	for _, page := range []struct {
		name  string
		query bill.Query
	}{{"some", someQuery(t)}, {"dear", dear(someQuery(t))}} {
		if err := os.WriteFile(path, []byte(written(t, answer(t, page.query))), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, view := range []struct {
			name, scheme string
			width        int64
		}{{"phone", "light", 360}, {"phone in the dark", "dark", 360}, {"tablet", "light", 600}, {"desk", "light", 1280}, {"desk in the dark", "dark", 1280}} {
			var l look
			err := chromedp.Run(ctx, network.Enable(), log.Enable(),
				chromedp.EmulateViewport(view.width, 740),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: view.scheme}}),
				chromedp.Navigate(url), chromedp.Evaluate(script, &l))
			if err != nil {
				t.Fatal(err)
			}
			looks[view.name] = l
			l.check(t, page.name+" on a "+view.name, float64(view.width))
		}
	}
	for _, pair := range [][2]string{{"phone", "phone in the dark"}, {"desk", "desk in the dark"}} {
		light, dark := looks[pair[0]], looks[pair[1]]
		if light.Page == dark.Page || light.Text == dark.Text || strings.Join(light.Figures, " ") == strings.Join(dark.Figures, " ") {
			t.Errorf("%s: %s on %s, %s: %s on %s", pair[0], light.Text, light.Page, pair[1], dark.Text, dark.Page)
		}
	}
	c.Lock()
	defer c.Unlock()
	if len(c.list) > 0 {
		t.Errorf("the browser says: %s", strings.Join(c.list, "; "))
	}
}

// dear is the query at prices far above what anything costs.
func dear(q bill.Query) bill.Query {
	q.Price = q.Price.With(price.PerMonth, big.NewRat(987_654_321_012, 1)).With(price.PerMachineYear, big.NewRat(123_456_789, 1))
	return q
}

func (l look) check(t *testing.T, place string, width float64) {
	t.Helper()
	if len(l.Pictures) != 5 || len(l.Missing) > 0 {
		t.Errorf("%s: shows %q, and nothing of %q", place, l.Pictures, l.Missing)
	}
	if l.Width > width || len(l.Beyond) > 0 {
		t.Errorf("%s: the page is %v pixels wide on %v; beyond the edge are %q", place, l.Width, width, l.Beyond)
	}
	if len(l.Tables) > 0 && !strings.HasPrefix(place, "dear") { // whose tables scroll within the page
		t.Errorf("%s: wider than the page are %q", place, l.Tables)
	}
	if len(l.Outside) > 0 || len(l.Overlaps) > 0 {
		t.Errorf("%s: cut off are %q; on each other lie %q", place, l.Outside, l.Overlaps)
	}
	if l.Small < 10.5 {
		t.Errorf("%s: a text is %v pixels high", place, l.Small)
	}
}

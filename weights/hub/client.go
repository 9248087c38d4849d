package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// A Client speaks to the hub and keeps the cache. It may be used by one goroutine at a time.
type Client struct {
	Settings
	Progress func(Progress)    // if not nil, is told how far a fetch is, by one goroutine at a time
	Notice   func(text string) // if not nil, is told what a person may want to know, likewise

	http     *http.Client
	sleep    func(ctx context.Context, d time.Duration) error
	sync     func(*os.File) error
	free     func(folder string) (bytes int64, known bool)
	part     int64 // bytes of a file that are fetched by one request
	parallel int   // requests at a time
	meter    meter
}

// Progress is how far a fetch is.
type Progress struct {
	File    string
	Done    int64 // bytes of the file
	Size    int64
	AllDone int64 // bytes of all files
	AllSize int64
}

const (
	partBytes    = 16 << 20
	parallel     = 4
	maxRedirects = 10
)

// New makes a client.
func New(s Settings) *Client {
	dialer := &net.Dialer{Timeout: s.AnswerTimeout, KeepAlive: 30 * time.Second}
	c := &Client{Settings: s, sleep: sleep, sync: (*os.File).Sync, free: freeBytes, part: partBytes, parallel: parallel}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         dialer.DialContext,
			TLSHandshakeTimeout: s.AnswerTimeout,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: parallel,
			IdleConnTimeout:     time.Minute,
		},
		CheckRedirect: checkRedirect,
	}
	return c
}

var (
	errRedirects = errors.New("redirected more than 10 times")
	errDowngrade = errors.New("redirected from https to http")
)

// checkRedirect follows redirects without the token where they leave the hub, and not at all where
// a HEAD has its answer: to the host of a large file the hub itself says what the file is.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errRedirects
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return errDowngrade
	}
	if sameOrigin(req.URL, via[0].URL) {
		return nil
	}
	req.Header.Del("Authorization")
	if h := req.Response.Header; req.Method == http.MethodHead && (h.Get("X-Repo-Commit") != "" || h.Get("X-Linked-Etag") != "") {
		return http.ErrUseLastResponse
	}
	return nil
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" || u.Scheme != "https" {
		return firstOf(p, "80")
	}
	return "443"
}

// host is the hub's, to be named in messages.
func (c *Client) host() string {
	u, _ := url.Parse(c.Endpoint)
	return u.Host
}

// fileURL is where the hub has a file of a repository.
func (c *Client) fileURL(repo, revision, file string) string {
	parts := strings.Split(file, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return c.Endpoint + "/" + repo + "/resolve/" + url.PathEscape(revision) + "/" + strings.Join(parts, "/")
}

// do sends a request with the token and returns an answer whose status is good, or else a refusal.
func (c *Client) do(ctx context.Context, method, address string, header map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "gptmeter")
	req.Header.Set("Accept-Encoding", "identity") // what is hashed is the file
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for key, value := range header {
		req.Header.Set(key, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var asked *url.Error // has the whole address, with the signature of a redirect
		if errors.As(err, &asked) {
			err = asked.Err
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		if !isDial(err) { // which says so itself
			err = fmt.Errorf("%s: %w", c.host(), err)
		}
		return nil, err
	}
	if resp.StatusCode >= 400 {
		resp.Body.Close()
		r := &refusal{status: resp.StatusCode, code: resp.Header.Get("X-Error-Code"), host: resp.Request.URL.Host, commit: resp.Header.Get("X-Repo-Commit")}
		if sameOrigin(resp.Request.URL, req.URL) {
			return nil, delayed(r, resp)
		}
		return nil, delayed(&foreignRefusal{r}, resp)
	}
	return resp, nil
}

// A foreignRefusal is one of a host that the hub has sent us to, where a signature may have expired.
type foreignRefusal struct{ *refusal }
